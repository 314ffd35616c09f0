import { isUtf8 } from 'node:buffer';
import { FieldTable, fieldName } from '../../json-bytes/field-table.ts';
import { isObject } from '../../json-bytes/validate.ts';
import { changeAt } from '../fields.ts';
import type { ChangeStep, Parts, StepContext, Transform } from '../step.ts';
import { eachStreamOnce } from '../step.ts';
import { TextOfField } from '../value.ts';
import { criLine, setCri } from './cri.ts';
import { readLogfmt } from './logfmt.ts';
import { parseRfc3339 } from './rfc3339.ts';
import type { ParseSettings } from './settings.ts';
import type { ReadTime } from './time-format.ts';
import { readerOf } from './time-format.ts';
import { offsetsOf } from './time-zone.ts';
import { setTypes } from './types.ts';

export const parse: Transform<ParseSettings> = {
  compile: (settings, context) => [settings.format === 'timestamp' ? timestampStep(settings, context) : fieldsStep(settings, context)],
  explain: ({ format, field }) => {
    if (format === 'timestamp')
      return { parses: 'all', why: `Each record is taken apart by bytes to find ${field}; no value but this one is read.` };
    if (format === 'json') return { parses: 'all', why: 'Each line is checked byte by byte to be an object; no values are made of it.' };
    if (format === 'regex') return { parses: 'all', why: 'Each text is decoded and matched; logfmt or json work on bytes.' };
    return { parses: 'all', why: 'Each text is taken apart by bytes, and written again as an object.' };
  },
};

/** Reads bytes of a text into the table. `fresh`: the table is that of a new object. False: it is not of this format, and nothing was set. */
type Reader = (table: FieldTable, source: TextOfField, parts: Parts) => boolean;

function fieldsStep(settings: ParseSettings, { counters }: StepContext): ChangeStep {
  const { format, field, types, onError } = settings;
  const keepField = settings.keepField ?? false;
  const source = new TextOfField(field);
  const read =
    format === 'json' ? readJson() : format === 'logfmt' ? readPairs(types) : format === 'cri' ? readCri() : readGroups(settings);
  const failed = (): boolean => {
    counters.errors += 1;
    return onError === 'keep';
  };
  return {
    kind: 'change',
    streamFor: eachStreamOnce((stream) => (stream.format === 'text' ? { ...stream, format: 'json' } : stream)),
    begin() {},
    change(parts) {
      if (!source.read(parts)) return failed();
      if (parts.table === undefined) {
        // The line is the object already: nothing has to be written anew.
        if (format === 'json' && !keepField) return parts.loadObject() || failed();
        return readLine(parts, source, read, keepField) || failed();
      }
      return readField(parts, parts.table, source, read, keepField) || failed();
    },
  };
}

const aside = new FieldTable();
const message = fieldName('message');

function readLine(parts: Parts, source: TextOfField, read: Reader, keepField: boolean): boolean {
  const table = parts.makeObject();
  if (!read(table, source, parts)) {
    parts.unmakeObject();
    return false;
  }
  if (keepField && !table.find(message)) setWellFormed(table, parts.bytes, parts.start, parts.end);
  return true;
}

function setWellFormed(table: FieldTable, bytes: Buffer, start: number, end: number): void {
  if (isUtf8(bytes.subarray(start, end))) table.setText(message, bytes, start, end);
  else table.setJson(message, JSON.stringify(bytes.toString('utf8', start, end)));
}

/** What was read wins over fields that are there, and over the one it was read from. */
function readField(parts: Parts, table: FieldTable, source: TextOfField, read: Reader, keepField: boolean): boolean {
  const { bytes, start, end } = source;
  const into = new FieldTable();
  into.clear();
  if (!read(into, source, parts)) return false;
  if (!keepField) changeAt(table, source.path, (inner, name) => inner.remove(name));
  const written = Buffer.allocUnsafe(into.length);
  table.setAllOf(written, 0, into.write(written, 0), aside);
  source.bytes = bytes;
  source.start = start;
  source.end = end;
  return true;
}

function readJson(): Reader {
  const inner = new FieldTable();
  return (table, { bytes, start, end }) => {
    if (!isObject(bytes, start, end)) return false;
    // The bytes of a line stay where they are until the record is written.
    return table.setAllOf(bytes, start, end, inner);
  };
}

function readPairs(types: ParseSettings['types']): Reader {
  const setAll = setTypes(types);
  return (table, { bytes, start, end }) => {
    const whole = isUtf8(bytes.subarray(start, end)) ? undefined : Buffer.from(bytes.toString('utf8', start, end));
    const read = whole === undefined ? readLogfmt(table, bytes, start, end) : readLogfmt(table, whole, 0, whole.length);
    if (read) setAll(table);
    return read;
  };
}

function readCri(): Reader {
  return (table, { bytes, start, end }, parts) => {
    const line = criLine(bytes, start, end);
    if (line === undefined) return false;
    const time = parseRfc3339(bytes, start, line.timeEnd, () => 0);
    if (Number.isNaN(time)) return false;
    parts.setTime(time);
    if (isUtf8(bytes.subarray(start, end))) setCri(table, bytes, start, end, line);
    else {
      // The words before the message are ASCII: their places stay the same.
      const text = bytes.toString('utf8', line.messageStart, end);
      const whole = Buffer.concat([bytes.subarray(start, line.messageStart), Buffer.from(text)]);
      const moved = { ...line, timeEnd: line.timeEnd - start, streamEnd: line.streamEnd - start, messageStart: line.messageStart - start };
      setCri(table, whole, 0, whole.length, moved);
    }
    return true;
  };
}

function readGroups({ pattern = '', types }: ParseSettings): Reader {
  const compiled = new RegExp(pattern);
  const setAll = setTypes(types);
  const names = new Map<string, ReturnType<typeof fieldName>>();
  return (table, source) => {
    const groups = compiled.exec(source.text)?.groups;
    if (groups === undefined) return false;
    for (const name of Object.keys(groups)) {
      const value = groups[name];
      if (value === undefined) continue;
      const field = names.get(name) ?? fieldName(name);
      names.set(name, field);
      table.setJson(field, JSON.stringify(value));
    }
    setAll(table);
    return true;
  };
}

function timestampStep(settings: ParseSettings, { counters, clock }: StepContext): ChangeStep {
  const { field, keepField = true, timeFormats, timeZone, onError } = settings;
  const source = new TextOfField(field);
  const offsets = offsetsOf(timeZone) ?? (() => 0);
  const readers = timeFormats
    .map((format) => readerOf(format, offsets, () => clock.now()))
    .filter((one): one is ReadTime => typeof one !== 'string');
  return {
    kind: 'change',
    begin() {},
    change(parts) {
      const time = source.read(parts) ? firstTime(readers, source) : Number.NaN;
      if (Number.isNaN(time)) {
        counters.errors += 1;
        return onError === 'keep';
      }
      parts.setTime(time);
      if (!keepField && parts.table !== undefined) changeAt(parts.table, source.path, (inner, name) => inner.remove(name));
      return true;
    },
  };
}

function firstTime(readers: readonly ReadTime[], { bytes, start, end }: TextOfField): number {
  for (const read of readers) {
    const time = read(bytes, start, end);
    if (!Number.isNaN(time)) return time;
  }
  return Number.NaN;
}
