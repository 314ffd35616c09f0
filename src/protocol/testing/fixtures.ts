/**
 * Reads the messages in testdata/: bytes written down field by field, each below a line that says what it is. The lines are read by
 * this file alone, which knows nothing of the library that decodes messages elsewhere. Production code does not import it.
 *
 *     ## AgentToServer: A title.
 *     # 2 sequence_num varint 7
 *     10 07
 *     # 5 health message
 *     2a 02
 *       # 1 healthy varint 1
 *       08 01
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface FixtureField {
  readonly number: number;
  readonly name: string;
  readonly kind: 'varint' | 'fixed64' | 'double' | 'text' | 'bytes' | 'message';
  readonly value: bigint | number | string | Uint8Array | undefined;
  /** Of a message. */
  readonly fields: FixtureField[];
}

export interface Fixture {
  readonly name: string;
  readonly fields: readonly FixtureField[];
  /** Without a WebSocket header. */
  readonly body: Uint8Array;
}

export type Direction = 'agent-to-server' | 'server-to-agent';

const folder = join(import.meta.dirname, '../testdata');

export function readFixtures(direction: Direction): readonly Fixture[] {
  const names = readdirSync(join(folder, direction)).filter((file) => file.endsWith('.hex'));
  return names.map((file) => parseFixture(file.slice(0, -4), readFileSync(join(folder, direction, file), 'utf8')));
}

export function parseFixture(name: string, text: string): Fixture {
  const lines = text.split('\n').map((line) => ({ depth: (line.length - line.trimStart().length) / 2, text: line.trim() }));
  const bytes = lines.filter((line) => !line.text.startsWith('#')).flatMap((line) => line.text.split(/\s+/).filter(Boolean));
  const root: FixtureField[] = [];
  const open: FixtureField[][] = [root];
  for (const line of lines) {
    const [, number, field, kind, value = ''] =
      /^# (\d+) (\w+) (varint|fixed64|double|text|bytes|message)(?: (.*))?$/.exec(line.text) ?? [];
    if (number === undefined || field === undefined) continue;
    // The expression above allows these kinds only.
    const entry: FixtureField = {
      number: Number(number),
      name: field,
      kind: kind as FixtureField['kind'],
      value: readValue(kind, value),
      fields: [],
    };
    open[line.depth]?.push(entry);
    open[line.depth + 1] = entry.fields;
  }
  return { name, fields: root, body: Uint8Array.from(bytes, (digits) => Number.parseInt(digits, 16)) };
}

function readValue(kind: string | undefined, text: string): FixtureField['value'] {
  if (kind === 'varint' || kind === 'fixed64') return BigInt(text);
  if (kind === 'double') return Number(text);
  if (kind === 'text') return String(JSON.parse(text));
  return kind === 'bytes' ? Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16)) : undefined;
}

/** An encoder of twenty lines, straight from protobuf.dev/programming-guides/encoding. */
export function encodeFields(fields: readonly FixtureField[]): number[] {
  return fields.flatMap((field) => [...varint(BigInt((field.number << 3) | wireType(field.kind))), ...payload(field)]);
}

function wireType(kind: FixtureField['kind']): number {
  return kind === 'varint' ? 0 : kind === 'fixed64' || kind === 'double' ? 1 : 2;
}

function payload({ kind, value, fields }: FixtureField): number[] {
  if (kind === 'varint') return varint(BigInt.asUintN(64, BigInt(String(value))));
  if (kind === 'message') return delimited(encodeFields(fields));
  if (kind === 'bytes' || kind === 'text')
    return delimited([...(value instanceof Uint8Array ? value : new TextEncoder().encode(String(value)))]);
  const view = new DataView(new ArrayBuffer(8));
  if (kind === 'double') view.setFloat64(0, Number(value), true);
  else view.setBigUint64(0, BigInt(String(value)), true);
  return [...new Uint8Array(view.buffer)];
}

function delimited(bytes: readonly number[]): number[] {
  return [...varint(BigInt(bytes.length)), ...bytes];
}

export function varint(value: bigint): number[] {
  return value < 0x80n ? [Number(value)] : [Number(value & 0x7fn) | 0x80, ...varint(value >> 7n)];
}
