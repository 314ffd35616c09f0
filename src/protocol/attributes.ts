/**
 * OpenTelemetry attributes ↔ flat texts. A server shows and selects by texts, so that a number becomes its digits, a list
 * `a,b` and a nested list of pairs the keys `outer.inner`; the other way everything is a text.
 */
import { create } from '@bufbuild/protobuf';
import { type AnyValue, AnyValueSchema, type KeyValue, KeyValueSchema } from './opamp.ts';
import { shorten } from './shorten.ts';

export interface AttributeLimits {
  readonly maxCount: number;
  /** Characters of a key; longer ones are left out, since a shortened key is another key. */
  readonly maxKeyLength: number;
  /** Characters of a value; longer ones are cut and end in `…`. */
  readonly maxValueLength: number;
}

/** OpenTelemetry's own default is 128 attributes; agents on Kubernetes add labels and annotations to the count. */
export const defaultAttributeLimits: AttributeLimits = { maxCount: 256, maxKeyLength: 256, maxValueLength: 1_024 };

export interface FlatAttributes {
  readonly values: Readonly<Record<string, string>>;
  /** How many did not fit the limits; worth a log line, not a refusal. */
  readonly dropped: number;
}

/** The last one wins where a key comes twice. A key `__proto__` is a key like any other. */
export function flattenAttributes(attributes: readonly KeyValue[], limits: AttributeLimits = defaultAttributeLimits): FlatAttributes {
  const values = new Map<string, string>();
  let dropped = 0;
  const visit = (pairs: readonly KeyValue[], prefix: string): void => {
    for (const { key, value } of pairs) {
      const name = `${prefix}${key}`;
      if (value?.value.case === 'kvlistValue') visit(value.value.value.values, `${name}.`);
      else if (name === '' || name.length > limits.maxKeyLength || (values.size >= limits.maxCount && !values.has(name))) dropped += 1;
      else values.set(name, shorten(textOf(value, limits), limits.maxValueLength));
    }
  };
  visit(attributes, '');
  return { values: Object.fromEntries(values), dropped };
}

function textOf(value: AnyValue | undefined, limits: AttributeLimits): string {
  const kind = value?.value;
  switch (kind?.case) {
    case undefined:
      return '';
    case 'stringValue':
      return kind.value;
    case 'boolValue':
    case 'intValue':
    case 'doubleValue':
      return String(kind.value);
    case 'bytesValue':
      // One byte more than can be shown: enough to see that it was cut.
      return hex(kind.value.subarray(0, limits.maxValueLength / 2 + 1));
    case 'arrayValue':
      return kind.value.values.map((item) => textOf(item, limits)).join(',');
    case 'kvlistValue':
      return kind.value.values.map((pair) => `${pair.key}=${textOf(pair.value, limits)}`).join(',');
    default:
      return kind satisfies never;
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Sorted by key, so that equal records give equal bytes. */
export function toAttributes(values: Readonly<Record<string, string>>): KeyValue[] {
  return Object.entries(values)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, text]) => create(KeyValueSchema, { key, value: create(AnyValueSchema, { value: { case: 'stringValue', value: text } }) }));
}
