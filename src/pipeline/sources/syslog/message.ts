/**
 * A syslog message as bytes → a JSON object as bytes. What cannot be told apart stays together: a message that follows no rule is all
 * `message`, and nothing of it is lost.
 */
import { escapedBytes, type JsonWriter } from '../../listening/json-writer.ts';
import { defaultPriority, maxPriority, priorityFields } from './names.ts';
import { endOfStructuredData, writeStructuredData } from './structured-data.ts';
import type { TimeReader } from './times.ts';

const [space, less, greater, zero, nine, one, nil, colon, bracket, closing] = [
  0x20, 0x3c, 0x3e, 0x30, 0x39, 0x31, 0x2d, 0x3a, 0x5b, 0x5d,
] as const;
const percent = 0x25;
const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');
const fields = {
  timestamp: ascii(',"timestamp":'),
  host: ascii(',"host":'),
  app: ascii(',"app":'),
  procid: ascii(',"procid":'),
  msgid: ascii(',"msgid":'),
  sequence: ascii(',"sequence":'),
  structuredData: ascii(',"structuredData":'),
  message: ascii(',"message":'),
  peer: ascii(',"peer":'),
};

/** Room that a message of so many bytes needs at most; names of fields included. */
export const roomFor = (messageBytes: number): number => messageBytes * escapedBytes + 512;

export type MessageFormat = 'auto' | 'rfc5424' | 'rfc3164';

export class MessageWriter {
  readonly #format: MessageFormat;
  readonly #times: TimeReader;
  readonly #json: JsonWriter;
  /** Behind what was read last. */
  #at = 0;
  #timeMs = Number.NaN;

  constructor(format: MessageFormat, times: TimeReader, json: JsonWriter) {
    this.#format = format;
    this.#times = times;
    this.#json = json;
  }

  /** Writes the object; returns the message's time, NaN when it has none. `peer` is the sender's address as a JSON string. */
  write(bytes: Buffer, from: number, to: number, peer: Uint8Array): number {
    const end = trimmedEnd(bytes, from, to);
    const json = this.#json;
    json.byte(0x7b);
    const priority = this.#priority(bytes, from, end);
    json.raw(priorityFields[priority] ?? Buffer.alloc(0));
    this.#timeMs = Number.NaN;
    const start = this.#at;
    const mark = json.at;
    const done = this.#format !== 'rfc3164' && start > from && this.#structured(bytes, start, end);
    if (!done) {
      json.at = mark;
      this.#timeMs = Number.NaN;
      if (this.#format === 'rfc5424') this.#message(bytes, start, end);
      else this.#traditional(bytes, start, end);
    }
    json.raw(fields.peer);
    json.raw(peer);
    json.byte(0x7d);
    return this.#timeMs;
  }

  /** `<PRI>` (RFC 5424 §6.2.1, RFC 3164 §4.1.1); without one, all of it is the message. */
  #priority(bytes: Buffer, from: number, to: number): number {
    this.#at = from;
    if (bytes[from] !== less) return defaultPriority;
    let value = 0;
    let at = from + 1;
    for (; at < to && at - from <= 3; at++) {
      const byte = bytes[at] ?? 0;
      if (byte < zero || byte > nine) break;
      value = value * 10 + byte - zero;
    }
    if (at === from + 1 || bytes[at] !== greater || value > maxPriority) return defaultPriority;
    this.#at = at + 1;
    return value;
  }

  /** `1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID SD [MSG]` (RFC 5424 §6). False: it is not. */
  #structured(bytes: Buffer, from: number, to: number): boolean {
    if (bytes[from] !== one || bytes[from + 1] !== space) return false;
    const json = this.#json;
    const timeEnd = endOfWord(bytes, from + 2, to);
    if (!(timeEnd - from === 3 && bytes[from + 2] === nil)) {
      this.#timeMs = this.#times.iso(bytes, from + 2, timeEnd);
      if (Number.isNaN(this.#timeMs) || this.#times.end !== timeEnd) return false;
      json.raw(fields.timestamp);
      json.string(bytes, from + 2, timeEnd);
    }
    this.#at = timeEnd;
    if (!this.#word(bytes, to, fields.host) || !this.#word(bytes, to, fields.app)) return false;
    if (!this.#word(bytes, to, fields.procid) || !this.#word(bytes, to, fields.msgid)) return false;
    return this.#rest(bytes, this.#at + 1, to);
  }

  /** A word behind a space, and a field for it unless it is `-`. */
  #word(bytes: Buffer, to: number, name: Buffer): boolean {
    const start = this.#at + 1;
    if (bytes[this.#at] !== space || start >= to) return false;
    const end = endOfWord(bytes, start, to);
    if (end === start) return false;
    if (!(end === start + 1 && bytes[start] === nil)) {
      this.#json.raw(name);
      this.#json.string(bytes, start, end);
    }
    this.#at = end;
    return true;
  }

  #rest(bytes: Buffer, from: number, to: number): boolean {
    if (bytes[this.#at] !== space || from >= to) return false;
    const end = endOfStructuredData(bytes, from, to);
    if (end === -1 || (end < to && bytes[end] !== space)) {
      this.#message(bytes, from, to); // header read, and what follows is no structured data: all of it is the message
      return true;
    }
    if (bytes[from] !== nil) {
      this.#json.raw(fields.structuredData);
      writeStructuredData(this.#json, bytes, from, end);
    }
    this.#message(bytes, end < to ? skipBom(bytes, end + 1, to) : to, to);
    return true;
  }

  /** RFC 3164 and its variants: [SEQUENCE:] [HOST:] TIME [HOST] TAG[PID]: MESSAGE, each part of which may be missing. */
  #traditional(bytes: Buffer, from: number, to: number): void {
    const mark = this.#json.at;
    const at = this.#sequence(bytes, from, to);
    const start = skipSpaces(bytes, at, to);
    if (this.#time(bytes, start, to)) return this.#afterTime(bytes, this.#times.end, to, true);
    // Cisco with `logging origin-id`: `29: edge-sw: Nov  3 …`. Only when a time does follow.
    const end = endOfWord(bytes, start, to);
    if (end - start > 1 && bytes[end - 1] === colon && this.#time(bytes, skipSpaces(bytes, end, to), to)) {
      this.#field(bytes, start, end - 1, fields.host);
      return this.#afterTime(bytes, this.#times.end, to, false);
    }
    this.#json.at = mark; // no time, so the number was not Cisco's
    this.#tagged(bytes, skipSpaces(bytes, from, to), to);
  }

  /** `123: `: a number that Cisco counts messages with. */
  #sequence(bytes: Buffer, from: number, to: number): number {
    let at = from;
    while (at < to && (bytes[at] ?? 0) >= zero && (bytes[at] ?? 0) <= nine) at += 1;
    if (bytes[at] !== colon || bytes[at + 1] !== space) return from;
    if (at > from) this.#field(bytes, from, at, fields.sequence);
    return at + 1;
  }

  #time(bytes: Buffer, from: number, to: number): boolean {
    const first = bytes[from] ?? 0;
    const digit = first >= zero && first <= nine;
    let ms = digit ? this.#times.iso(bytes, from, to) : Number.NaN;
    if (Number.isNaN(ms)) ms = this.#times.bsd(bytes, from, to);
    if (Number.isNaN(ms)) return false;
    const next = bytes[this.#times.end];
    if (this.#times.end < to && next !== space && next !== colon) return false;
    this.#timeMs = ms;
    this.#json.raw(fields.timestamp);
    this.#json.isoTime(ms);
    return true;
  }

  /** A word behind the time is the host, unless it is the tag (its end says so) or the time ended with a colon, as devices write it that name no host. */
  #afterTime(bytes: Buffer, from: number, to: number, mayHaveHost: boolean): void {
    if (bytes[from] === colon) return this.#tagged(bytes, skipSpaces(bytes, from + 1, to), to);
    const zone = endOfZone(bytes, from, to);
    if (zone !== -1) return this.#tagged(bytes, skipSpaces(bytes, zone, to), to);
    const start = skipSpaces(bytes, from, to);
    const end = endOfWord(bytes, start, to);
    if (!mayHaveHost || end === to || end === start || isTag(bytes, start, end)) return this.#tagged(bytes, start, to);
    this.#field(bytes, start, end, fields.host);
    // ASA: `HOST : %ASA-…`
    const behind = skipSpaces(bytes, end, to);
    this.#tagged(bytes, bytes[behind] === colon && bytes[behind + 1] === space ? behind + 2 : behind, to);
  }

  /** `TAG[PID]: MESSAGE`, `TAG: MESSAGE`, `%ASA-6-302013: MESSAGE`; or a message without a tag. */
  #tagged(bytes: Buffer, from: number, to: number): void {
    let end = from;
    while (end < to && isTagByte(bytes[end] ?? 0)) end += 1;
    let behind = end;
    let pid = 0;
    if (bytes[end] === bracket) {
      const close = bytes.indexOf(closing, end + 1);
      if (close !== -1 && close < to && close - end <= 128 && bytes[close + 1] === colon) {
        pid = close;
        behind = close + 1;
      }
    }
    if (end === from || bytes[behind] !== colon || (behind + 1 < to && bytes[behind + 1] !== space && bytes[from] !== percent))
      return this.#message(bytes, from, to);
    this.#field(bytes, from, end, fields.app);
    if (pid > 0) this.#field(bytes, end + 1, pid, fields.procid);
    this.#message(bytes, bytes[behind + 1] === space ? behind + 2 : behind + 1, to);
  }

  #field(bytes: Buffer, from: number, to: number, name: Buffer): void {
    this.#json.raw(name);
    this.#json.string(bytes, from, to);
  }

  #message(bytes: Buffer, from: number, to: number): void {
    this.#field(bytes, Math.min(from, to), to, fields.message);
  }
}

/** Senders end messages with LF, CR LF or NUL where no framing asks for it (RFC 6587 §3.4.2, RFC 5426 §3.1). */
export function trimmedEnd(bytes: Buffer, from: number, to: number): number {
  let end = to;
  while (end > from && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d || bytes[end - 1] === 0)) end -= 1;
  return end;
}

function endOfWord(bytes: Buffer, from: number, to: number): number {
  const end = bytes.indexOf(space, from);
  return end === -1 || end > to ? to : end;
}

function skipSpaces(bytes: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] === space) at += 1;
  return at;
}

/** MSG-UTF8 begins with a byte order mark (RFC 5424 §6.4), which says nothing to anybody behind us. */
function skipBom(bytes: Buffer, from: number, to: number): number {
  return from + 3 <= to && bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf ? from + 3 : from;
}

/** ` CET:` or ` +01:00:` behind the time of a Cisco device; −1 when there is none. */
function endOfZone(bytes: Buffer, from: number, to: number): number {
  if (bytes[from] !== space) return -1;
  const end = endOfWord(bytes, from + 1, to);
  if (end - from < 3 || end - from > 8 || bytes[end - 1] !== colon) return -1;
  for (let at = from + 1; at < end - 1; at++) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x41 || byte > 0x5a) return -1;
  }
  return end;
}

/** Letters, digits and what programs' names hold; RFC 3164 §4.1.3 has letters and digits only, which nobody keeps to. */
function isTagByte(byte: number): boolean {
  return byte > space && byte < 0x7f && byte !== colon && byte !== bracket && byte !== closing;
}

/** Whether a word behind the time is a tag: `cron:`, `sshd[42]:`, `%ASA-6-302013:`. A host has none of these ends. */
function isTag(bytes: Buffer, from: number, to: number): boolean {
  if (bytes[from] === percent || bytes[to - 1] === colon) return true;
  const open = bytes.indexOf(bracket, from);
  return open > from && open < to && bytes[to - 1] === closing;
}
