/** OTLP's JSON encoding (opentelemetry-proto, docs/specification.md "JSON Protobuf Encoding"): ids in hex, enums as numbers, 64-bit integers as strings. */
import type { AnyValue, InstrumentationScope, KeyValue, LogRecord, Resource } from '../../proto/otlp.ts';

/** What follows the fields of each record of one scope, closing brace included. */
export function surroundings(
  resource: Resource | undefined,
  resourceSchemaUrl: string,
  scope: InstrumentationScope | undefined,
  scopeSchemaUrl: string,
): string {
  const parts = [
    part('resource', resource === undefined ? '{}' : object([attributes(resource.attributes), dropped(resource.droppedAttributesCount)])),
    resourceSchemaUrl === '' ? '' : part('resourceSchemaUrl', JSON.stringify(resourceSchemaUrl)),
    part('scope', scope === undefined ? '{}' : scopeText(scope)),
    scopeSchemaUrl === '' ? '' : part('scopeSchemaUrl', JSON.stringify(scopeSchemaUrl)),
  ];
  return `${parts.filter((one) => one !== '' && !one.endsWith(':{}')).join(',')}}`;
}

/** A record with what surrounds it. */
export function recordText(record: LogRecord, around: string): string {
  const fields = [
    part('timeUnixNano', `"${record.timeUnixNano}"`),
    record.observedTimeUnixNano === 0n ? '' : part('observedTimeUnixNano', `"${record.observedTimeUnixNano}"`),
    record.severityNumber === 0 ? '' : part('severityNumber', String(record.severityNumber)),
    text('severityText', record.severityText),
    record.body === undefined ? '' : part('body', anyValue(record.body)),
    attributes(record.attributes),
    dropped(record.droppedAttributesCount),
    record.flags === 0 ? '' : part('flags', String(record.flags)),
    record.traceId.length === 0 ? '' : part('traceId', `"${hex(record.traceId)}"`),
    record.spanId.length === 0 ? '' : part('spanId', `"${hex(record.spanId)}"`),
    text('eventName', record.eventName),
  ];
  const own = fields.filter((one) => one !== '').join(',');
  return around === '}' ? `{${own}}` : `{${own},${around}`;
}

const part = (name: string, json: string): string => `"${name}":${json}`;
const text = (name: string, value: string): string => (value === '' ? '' : part(name, JSON.stringify(value)));
const object = (parts: readonly string[]): string => `{${parts.filter((one) => one !== '').join(',')}}`;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const dropped = (count: number): string => (count === 0 ? '' : part('droppedAttributesCount', String(count)));
const attributes = (values: readonly KeyValue[]): string => (values.length === 0 ? '' : part('attributes', keyValues(values)));

function scopeText(scope: InstrumentationScope): string {
  return object([
    text('name', scope.name),
    text('version', scope.version),
    attributes(scope.attributes),
    dropped(scope.droppedAttributesCount),
  ]);
}

function keyValues(values: readonly KeyValue[]): string {
  return `[${values.map(({ key, value }) => `{"key":${JSON.stringify(key)}${value === undefined ? '' : `,"value":${anyValue(value)}`}}`).join(',')}]`;
}

export function anyValue({ value }: AnyValue): string {
  switch (value.case) {
    case 'stringValue':
      return `{"stringValue":${JSON.stringify(value.value)}}`;
    case 'boolValue':
      return `{"boolValue":${value.value}}`;
    case 'intValue':
      return `{"intValue":"${value.value}"}`;
    case 'doubleValue':
      return `{"doubleValue":${doubleText(value.value)}}`;
    case 'arrayValue':
      return `{"arrayValue":{"values":[${value.value.values.map(anyValue).join(',')}]}}`;
    case 'kvlistValue':
      return `{"kvlistValue":{"values":${keyValues(value.value.values)}}}`;
    case 'bytesValue':
      return `{"bytesValue":"${Buffer.from(value.value).toString('base64')}"}`;
    case undefined:
      return '{}';
    default:
      return value satisfies never;
  }
}

/** ProtoJSON writes what JSON has no number for as a string. */
function doubleText(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
  return Number.isNaN(value) ? '"NaN"' : value > 0 ? '"Infinity"' : '"-Infinity"';
}
