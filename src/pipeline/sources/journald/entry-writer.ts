/** Entries of the journal as records: JSON of the fields that are wanted, or the message alone. */
import { JsonWriter } from '../../listening/json-writer.ts';
import type { FieldSink } from './export-format.ts';
import { type JournaldSettings, priorities } from './settings.ts';

interface Field {
  readonly name: string;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** What the main fields are called in a record. Of those with the same name the first one that an entry has is taken. */
const called: Readonly<Record<string, string>> = {
  MESSAGE: 'message',
  PRIORITY: 'priority',
  _SYSTEMD_UNIT: 'unit',
  _SYSTEMD_USER_UNIT: 'unit',
  SYSLOG_IDENTIFIER: 'identifier',
  _COMM: 'identifier',
  _PID: 'pid',
  SYSLOG_PID: 'pid',
  _HOSTNAME: 'host',
};
/** Set by the syslog transport, not by a program: said already by other fields. */
const unwanted = new Set(['SYSLOG_FACILITY', 'SYSLOG_TIMESTAMP', 'SYSLOG_RAW']);
/** Of one character at most: `\u00XX`. */
const escapedBytes = 6;
const overheadBytes = 8;

export interface Written {
  readonly bytes: Buffer;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly times: Float64Array;
  /** Where each entry began in what was read. */
  readonly entries: Float64Array;
}

export class EntryWriter implements FieldSink {
  readonly #json = new JsonWriter();
  readonly #wanted: JournaldSettings['fields'];
  readonly #maxBytes: number;
  readonly #cut: () => void;
  #fields: Field[] = [];
  #needed = 0;
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly times: number[] = [];
  readonly entries: number[] = [];
  /** Of the last entry. */
  cursor: string | undefined;

  constructor(wanted: JournaldSettings['fields'], maxBytes: number, cut: () => void) {
    this.#wanted = wanted;
    this.#maxBytes = maxBytes;
    this.#cut = cut;
    this.#json.bytes = Buffer.allocUnsafe(64 << 10);
  }

  /** What was written since it was last asked; the next records begin anew. */
  take(): Written {
    const taken = {
      bytes: Buffer.from(this.#json.bytes.subarray(0, this.#json.at)),
      starts: Uint32Array.from(this.starts),
      ends: Uint32Array.from(this.ends),
      times: Float64Array.from(this.times),
      entries: Float64Array.from(this.entries),
    };
    this.#json.at = 0;
    for (const list of [this.starts, this.ends, this.times, this.entries]) list.length = 0;
    return taken;
  }

  field(bytes: Buffer, nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    const end = Math.min(valueEnd, valueStart + this.#maxBytes);
    if (end < valueEnd) this.#cut();
    this.#fields.push({ name: bytes.toString('latin1', nameStart, nameEnd), bytes, start: valueStart, end });
    this.#needed += (end - valueStart + nameEnd - nameStart) * escapedBytes + overheadBytes;
  }

  end(entryStart: number): void {
    const fields = this.#fields;
    this.#fields = [];
    this.#makeRoom();
    const start = this.#json.at;
    this.times.push(Number(textOf(fields, '__REALTIME_TIMESTAMP') ?? Number.NaN) / 1000);
    this.cursor = textOf(fields, '__CURSOR') ?? this.cursor;
    if (this.#wanted === 'message') {
      const message = fields.find(({ name }) => name === 'MESSAGE');
      if (message !== undefined) this.#json.raw(message.bytes, message.start, message.end);
    } else this.#write(this.#wanted === 'all' ? allOf(fields) : mainOf(fields));
    this.entries.push(entryStart);
    this.starts.push(start);
    this.ends.push(this.#json.at);
  }

  #write(fields: ReadonlyMap<string, readonly Field[]>): void {
    const json = this.#json;
    json.byte(0x7b);
    let first = true;
    for (const [name, values] of fields) {
      if (!first) json.byte(0x2c);
      first = false;
      json.text(`${JSON.stringify(name)}:`);
      if (values.length > 1) json.byte(0x5b);
      for (const [index, value] of values.entries()) {
        if (index > 0) json.byte(0x2c);
        this.#writeValue(name, value);
      }
      if (values.length > 1) json.byte(0x5d);
    }
    json.byte(0x7d);
  }

  #writeValue(name: string, { bytes, start, end }: Field): void {
    const priority = name === 'priority' ? priorities[Number(bytes.toString('latin1', start, end))] : undefined;
    const number = name === 'pid' && /^\d{1,10}$/.test(bytes.toString('latin1', start, Math.min(end, start + 11)));
    if (priority !== undefined) this.#json.text(JSON.stringify(priority));
    else if (number) this.#json.raw(bytes, start, end);
    else this.#json.string(bytes, start, end);
  }

  #makeRoom(): void {
    const json = this.#json;
    const needed = json.at + this.#needed + overheadBytes;
    this.#needed = 0;
    if (needed <= json.bytes.length) return;
    const larger = Buffer.allocUnsafe(needed * 2);
    json.bytes.copy(larger, 0, 0, json.at);
    json.bytes = larger;
  }
}

function textOf(fields: readonly Field[], wanted: string): string | undefined {
  const field = fields.find(({ name }) => name === wanted);
  return field?.bytes.toString('utf8', field.start, field.end);
}

/** A field that an entry has several times is a list, as `journalctl --output=json` has it. */
function allOf(fields: readonly Field[]): ReadonlyMap<string, readonly Field[]> {
  const all = new Map<string, Field[]>();
  for (const field of fields) all.set(field.name, [...(all.get(field.name) ?? []), field]);
  return all;
}

function mainOf(fields: readonly Field[]): ReadonlyMap<string, readonly Field[]> {
  const main = new Map<string, Field[]>();
  // In the order of the table, whatever the journal's is.
  for (const [name, as] of Object.entries(called)) {
    const field = main.has(as) ? undefined : fields.find((one) => one.name === name);
    if (field !== undefined) main.set(as, [field]);
  }
  for (const field of fields) {
    if (field.name.startsWith('_') || Object.hasOwn(called, field.name) || unwanted.has(field.name)) continue;
    const name = field.name.toLowerCase();
    main.set(main.has(name) && Object.values(called).includes(name) ? field.name : name, [...(main.get(name) ?? []), field]);
  }
  return main;
}
