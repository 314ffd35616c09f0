/** Entries → records: the record's map as a JSON object, with its time. */
import type { JsonWriter } from '../../listening/json-writer.ts';
import type { RequestWriter } from '../../listening/request-writer.ts';
import { type Entries, type Entry, readEntry, timeAt } from './message.ts';
import { headOf, jsonRoom, kinds, newHead, writeJson } from './msgpack.ts';

const metadataName = Buffer.from(',"fluent_metadata":');
const head = newHead();

/** How many records were written; −1 when the entries are broken (those before were written). */
export async function writeEntries(writer: RequestWriter, bytes: Buffer, entries: Entries): Promise<number> {
  if (entries.mode === 'message') {
    const wait = writer.room(jsonRoom(entries.record.to - entries.record.at) + 16);
    if (wait !== undefined) await wait;
    writeRecord(writer.json, bytes, entries.record.at, entries.record.to);
    writer.end(timeAt(bytes, entries.time.at, entries.time.to));
    return 1;
  }
  const entry: Entry = { timeMs: 0, record: 0, to: 0, metadata: -1 };
  let count = 0;
  for (let at = entries.entries.at; at < entries.entries.to; at = entry.to) {
    if (!readEntry(bytes, at, entries.entries.to, entry)) return -1;
    const wait = writer.room(jsonRoom(entry.to - at) + 64);
    if (wait !== undefined) await wait;
    const isMap = writeRecord(writer.json, bytes, entry.record, entry.to);
    if (isMap && entry.metadata !== -1) addMetadata(writer.json, bytes, entry);
    writer.end(entry.timeMs);
    count += 1;
  }
  return count;
}

/** What is no map is put into one, as `message`. */
function writeRecord(json: JsonWriter, bytes: Buffer, at: number, to: number): boolean {
  headOf(bytes, at, to, head);
  const isMap = head.kind === kinds.map;
  if (!isMap) json.text('{"message":');
  writeJson(json, bytes, at, to);
  if (!isMap) json.byte(0x7d);
  return isMap;
}

function addMetadata(json: JsonWriter, bytes: Buffer, entry: Entry): void {
  json.at -= 1; // the closing brace
  const first = json.bytes[json.at - 1] === 0x7b ? 1 : 0; // an empty record needs no comma
  json.raw(metadataName, first);
  writeJson(json, bytes, entry.metadata, entry.record);
  json.byte(0x7d);
}
