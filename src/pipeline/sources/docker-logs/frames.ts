/**
 * The body of /containers/ID/logs?timestamps=1: frames of an 8 byte head (1: stdout, 2: stderr; three zeros; length, big endian) and
 * `TIME MESSAGE`, one for each message that the engine was given; for a container with a terminal just `TIME MESSAGE`, without heads.
 * A message without a line feed at its end goes on in the next one of its stream.
 */

import { type Line, stderr, stdout } from '../../containers/line.ts';
import type { StampReader } from '../../containers/stamp.ts';

export const headBytes = 8;
/** `2006-01-02T15:04:05.000000000Z`: the engine always writes nine digits here (moby: RFC3339NanoFixed). */
export const stampBytes = 30;
/** A frame is a message of 16 KiB and its time; a longer one than this is none, but a stream that was misread. */
const maxFrameBytes = 64 << 20;
/** A line of a terminal that is longer is handed on in portions. */
const maxTerminalBytes = 256 << 10;
const partBytes = 16 << 10;
const lineFeed = 0x0a;

/** Where messages begin and end in what was read; heads belong to them. */
export interface Index {
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly count: number;
  /** What follows is not complete yet. */
  readonly consumed: number;
  /** What the engine itself said in between: the fourth kind of frame (moby: stdcopy.Systemerr). */
  readonly complaint?: string;
}

export class FrameError extends Error {}

/** Throws a FrameError when the bytes are no frames. */
export function indexFrames(bytes: Buffer): Index {
  const starts: number[] = [];
  const ends: number[] = [];
  let complaint: string | undefined;
  let at = 0;
  while (at + headBytes <= bytes.length) {
    const length = bytes.readUInt32BE(at + 4);
    const channel = bytes[at] ?? 0;
    if (channel > 3 || length > maxFrameBytes) throw new FrameError(`no frame: ${bytes.toString('hex', at, at + headBytes)}`);
    if (at + headBytes + length > bytes.length) break;
    const end = at + headBytes + length;
    if (channel === 3) complaint = bytes.toString('utf8', at + headBytes, end).trim();
    else if (channel !== 0) {
      starts.push(at);
      ends.push(end);
    }
    at = end;
  }
  const index = { starts: Uint32Array.from(starts), ends: Uint32Array.from(ends), count: starts.length, consumed: at };
  return complaint === undefined ? index : { ...index, complaint };
}

/** `ended`: there will be no more. */
export function indexTerminal(bytes: Buffer, ended: boolean): Index {
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = bytes.indexOf(lineFeed, at);
    const rest = bytes.length - at;
    if (end === -1 && rest < maxTerminalBytes && !ended) break;
    starts.push(at);
    at = end === -1 ? bytes.length : end + 1;
    ends.push(at);
  }
  return { starts: Uint32Array.from(starts), ends: Uint32Array.from(ends), count: starts.length, consumed: at };
}

/** A frame as a line of a record. */
export function readFrame(bytes: Buffer, from: number, to: number, stamps: StampReader, line: Line): boolean {
  const channel = bytes[from];
  if (channel !== 1 && channel !== 2) return false;
  return readMessage(bytes, from + headBytes, to, stamps, line, channel === 1 ? stdout : stderr);
}

export function readTerminal(bytes: Buffer, from: number, to: number, stamps: StampReader, line: Line): boolean {
  return readMessage(bytes, from, withoutInnerTimes(bytes, from, to, stamps), stamps, line, stdout);
}

function readMessage(bytes: Buffer, from: number, to: number, stamps: StampReader, line: Line, channel: Line['channel']): boolean {
  const timeMs = stampAt(bytes, from, to, stamps);
  const timed = !Number.isNaN(timeMs);
  line.docker = true;
  line.channel = channel;
  line.timeMs = timeMs;
  line.start = timed ? Math.min(from + stampBytes + 1, to) : from;
  line.partial = to === line.start || bytes[to - 1] !== lineFeed;
  line.end = line.partial ? to : to - 1;
  return true;
}

/** NaN: there is none. */
export function stampAt(bytes: Buffer, from: number, to: number, stamps: StampReader): number {
  const fits = from + stampBytes <= to && bytes[from + stampBytes - 1] === 0x5a;
  return fits ? stamps.read(bytes, from, from + stampBytes) : Number.NaN;
}

/** Without heads nothing shows where a long line was cut, but that the engine cuts at 16 KiB, and puts a time in front of each part. */
function withoutInnerTimes(bytes: Buffer, from: number, to: number, stamps: StampReader): number {
  let end = to;
  let at = from + stampBytes + 1 + partBytes;
  while (at + stampBytes < end && !Number.isNaN(stampAt(bytes, at, end, stamps))) {
    bytes.copyWithin(at, at + stampBytes + 1, end);
    end -= stampBytes + 1;
    at += partBytes;
  }
  return end;
}
