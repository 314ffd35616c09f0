/**
 * The journal's export format (systemd: docs/JOURNAL_EXPORT_FORMATS.md): `NAME=value` and a line feed for a field of text; for any other a line with the
 * name alone, eight bytes of length (little endian), the value and a line feed. An empty line ends an entry.
 */
const lineFeed = 0x0a;
const equals = 0x3d;
const lengthBytes = 8;
/** The longest name of a field is 64 bytes; a longer one is a sign of having lost the thread. */
const maxNameBytes = 256;

export class ExportError extends Error {}

/** A field's name and value are bytes[nameStart, nameEnd) and bytes[valueStart, valueEnd). */
export interface FieldSink {
  field(bytes: Buffer, nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void;
  /** The entry that begins at this index is complete. */
  end(entryStart: number): void;
}

/**
 * Tells the fields of complete entries in the bytes to the sink and returns the index behind the last of them. An entry is told only when it is there whole.
 * `most`: entries at most. Throws an ExportError where the bytes are no such format.
 */
export function readEntries(bytes: Buffer, sink: FieldSink, most = Number.POSITIVE_INFINITY): number {
  let at = 0;
  for (let entries = 0; entries < most; entries += 1) {
    const end = entryEnd(bytes, at);
    if (end === -1) break;
    tell(bytes, at, end, sink);
    at = end;
  }
  return at;
}

/** Index behind the empty line; −1: it is not there yet. */
function entryEnd(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length) {
    if (bytes[at] === lineFeed) return at + 1;
    at = fieldEnd(bytes, at);
    if (at === -1) return -1;
  }
  return -1;
}

function fieldEnd(bytes: Buffer, at: number): number {
  const line = bytes.indexOf(lineFeed, at);
  if (line === -1) return -1;
  const sign = bytes.indexOf(equals, at);
  if (sign !== -1 && sign < line) return line + 1;
  if (line - at > maxNameBytes) throw new ExportError(`a field's name is longer than ${maxNameBytes} bytes`);
  if (line + 1 + lengthBytes > bytes.length) return -1;
  const length = bytes.readBigUInt64LE(line + 1);
  if (length > 1n << 32n) throw new ExportError(`a field of ${length} bytes`);
  const end = line + 1 + lengthBytes + Number(length);
  if (end >= bytes.length) return -1;
  if (bytes[end] !== lineFeed) throw new ExportError('a field does not end where it should');
  return end + 1;
}

function tell(bytes: Buffer, from: number, to: number, sink: FieldSink): void {
  let at = from;
  while (at < to && bytes[at] !== lineFeed) {
    const next = fieldEnd(bytes, at);
    const line = bytes.indexOf(lineFeed, at);
    const sign = bytes.indexOf(equals, at);
    if (sign !== -1 && sign < line) sink.field(bytes, at, sign, sign + 1, line);
    else sink.field(bytes, at, line, line + 1 + lengthBytes, next - 1);
    at = next;
  }
  sink.end(from);
}
