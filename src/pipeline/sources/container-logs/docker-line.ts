/**
 * A line of Docker's json-file driver: `{"log":"the message\n","stream":"stdout","time":"2016-10-06T00:17:09.669794202Z"}`. What does not end
 * with a line feed goes on in the next line of the same stream (or the container ended without one). Other keys (`attrs`) may stand between.
 *
 * The message is unescaped where it stands: it only becomes shorter.
 */

import { channelOf, type Line, unknown } from '../../containers/line.ts';
import type { StampReader } from '../../containers/stamp.ts';
import { closeBrace, colon, comma, openBrace, quote, skipWhitespace, stringEnd, valueEnd } from '../../json-bytes/scan.ts';
import { unescapeInPlace } from './unescape.ts';

const lineFeed = 0x0a;
const log = Buffer.from('log');
const stream = Buffer.from('stream');
const time = Buffer.from('time');

/** False: it is no such line, and is as it was. */
export function readDocker(bytes: Buffer, from: number, to: number, stamps: StampReader, line: Line): boolean {
  let at = skipWhitespace(bytes, from, to);
  if (bytes[at] !== openBrace) return false;
  let start = -1;
  let end = -1;
  let channel: Line['channel'] = unknown;
  let timeMs = Number.NaN;
  do {
    at = skipWhitespace(bytes, at + 1, to);
    const keyEnd = bytes[at] === quote ? stringEnd(bytes, at + 1, to) : -1;
    if (keyEnd === -1) return false;
    const key = keyOf(bytes, at + 1, keyEnd);
    at = skipWhitespace(bytes, keyEnd + 1, to);
    if (bytes[at] !== colon) return false;
    at = skipWhitespace(bytes, at + 1, to);
    const end0 = valueEnd(bytes, at, to);
    if (end0 === -1) return false;
    if (key !== undefined && bytes[at] !== quote) return false;
    if (key === log) {
      start = at + 1;
      end = end0 - 1;
    } else if (key === stream) channel = channelOf(bytes, at + 1, end0 - 1);
    else if (key === time) timeMs = stamps.read(bytes, at + 1, end0 - 1);
    at = skipWhitespace(bytes, end0, to);
  } while (bytes[at] === comma);
  if (bytes[at] !== closeBrace || at >= to || skipWhitespace(bytes, at + 1, to) !== to || start === -1 || channel === unknown) return false;
  const messageEnd = unescapeInPlace(bytes, start, end);
  if (messageEnd === -1) return false;
  line.partial = messageEnd === start || bytes[messageEnd - 1] !== lineFeed;
  line.start = start;
  line.end = line.partial ? messageEnd : messageEnd - 1;
  line.docker = true;
  line.channel = channel;
  line.timeMs = timeMs;
  return true;
}

function keyOf(bytes: Buffer, at: number, end: number): Buffer | undefined {
  for (const key of [log, stream, time]) if (end - at === key.length && bytes.compare(key, 0, key.length, at, end) === 0) return key;
  return undefined;
}
