/**
 * Our own messages inside OpAMP: `CustomMessage{capability, type, data}` with JSON (UTF-8) as data. Each capability is a
 * `reverse.fqdn/vN`, as the specification asks; a server of someone else does not announce it, and then nothing is sent.
 *
 * Fields that are not known are left out when a payload is read, so that a newer peer can say more; a change that an older peer
 * would misread needs a new version in the capability's name. The server answers a message only after it has made it its own.
 */
import { create } from '@bufbuild/protobuf';
import type * as z from 'zod';
import { type CustomMessage, CustomMessageSchema } from './opamp.ts';

export interface CustomKind<T> {
  /** `io.fairlead.host/v1`. */
  readonly capability: string;
  readonly type: string;
  readonly schema: z.ZodType<T>;
  readonly maxBytes: number;
}

export type CustomCode = 'other-kind' | 'too-large' | 'bad-json' | 'bad-payload';

export type Payload<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: CustomCode; readonly sentence: string };

export type CustomBytes = { readonly ok: true; readonly data: Uint8Array<ArrayBuffer> } | { readonly ok: false; readonly sentence: string };

/** The data of a message; refused when the other side would refuse it, so that this is noticed where it can be mended. */
export function encodeCustomData<T>(kind: CustomKind<T>, value: T): CustomBytes {
  const data = new TextEncoder().encode(JSON.stringify(value));
  const read = decodeCustom(kind, { capability: kind.capability, type: kind.type, data });
  return read.ok ? { ok: true, data } : { ok: false, sentence: read.sentence };
}

export function customMessage(capability: string, type: string, data: Uint8Array): CustomMessage {
  return create(CustomMessageSchema, { capability, type, data });
}

/** `other-kind` says that the message is meant for somebody else; the other codes that it is wrong. */
export function decodeCustom<T>(kind: CustomKind<T>, message: Pick<CustomMessage, 'capability' | 'type' | 'data'>): Payload<T> {
  const { capability, type, data } = message;
  const name = `${kind.capability} ${kind.type}`;
  if (capability !== kind.capability || type !== kind.type)
    return { ok: false, code: 'other-kind', sentence: `the message is of the kind "${capability} ${type}" and not ${name}` };
  if (data.length > kind.maxBytes)
    return { ok: false, code: 'too-large', sentence: `${name}: ${data.length} bytes; at most ${kind.maxBytes} are accepted` };
  const json = parseJson(data);
  if (json === undefined) return { ok: false, code: 'bad-json', sentence: `${name}: the data is no JSON in UTF-8` };
  const parsed = kind.schema.safeParse(json.value);
  return parsed.success
    ? { ok: true, value: parsed.data }
    : { ok: false, code: 'bad-payload', sentence: `${name}: ${firstProblem(parsed.error)}` };
}

function parseJson(data: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data)) };
  } catch {
    return undefined;
  }
}

/** `interfaces[2].mtu: Invalid input: expected number, received string (and 3 more)`. */
function firstProblem(error: z.ZodError): string {
  const [first, ...more] = error.issues;
  if (first === undefined) return 'is not what it should be';
  const path = first.path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
  return `${path === '' ? '' : `${path}: `}${first.message}${more.length === 0 ? '' : ` (and ${more.length} more)`}`;
}
