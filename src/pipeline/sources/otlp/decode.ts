/** Requests of OTLP, in protobuf or in its JSON encoding → messages. */
import { type DescMessage, fromBinary, fromJson, type JsonValue, type MessageShape } from '@bufbuild/protobuf';

export type Encoding = 'protobuf' | 'json';

/** Throws what the library throws when it is no such message. */
export function decode<Schema extends DescMessage>(schema: Schema, bytes: Uint8Array, encoding: Encoding): MessageShape<Schema> {
  if (encoding === 'protobuf') return fromBinary(schema, bytes);
  return fromJson(schema, withBase64Ids(parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString())), {
    ignoreUnknownFields: true,
  });
}

/** 64-bit integers are strings, but some clients write them as numbers, which JavaScript would round. */
const longInteger = /[:[,\s]-?\d{16,}/;

function parse(text: string): JsonValue {
  if (!longInteger.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '') ? context?.source : value,
  );
}

const hexId = /^(?:[0-9a-fA-F]{2})*$/;

/** OTLP writes ids in hex where ProtoJSON has base64. They occur in fixed places: in log records, and in exemplars, which nobody reads here. */
function withBase64Ids(request: JsonValue): JsonValue {
  for (const resourceLogs of list(request, 'resourceLogs')) {
    for (const scopeLogs of list(resourceLogs, 'scopeLogs')) {
      for (const record of list(scopeLogs, 'logRecords')) {
        if (typeof record !== 'object' || record === null || Array.isArray(record)) continue;
        for (const name of ['traceId', 'spanId']) {
          const id = record[name];
          if (typeof id !== 'string') continue;
          if (!hexId.test(id)) throw new Error(`${name} "${id.slice(0, 64)}" is not hexadecimal`);
          record[name] = Buffer.from(id, 'hex').toString('base64');
        }
      }
    }
  }
  return request;
}

function list(value: JsonValue | undefined, name: string): readonly JsonValue[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const field = value[name];
  return Array.isArray(field) ? field : [];
}
