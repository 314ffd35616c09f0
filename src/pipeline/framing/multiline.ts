/**
 * Lines that belong together as one record: a stack trace behind its message. A record of several lines is the bytes from its first line
 * to its last, so nothing is copied, and a checkpoint never lies inside of one.
 */
import type { Area, Flush, Framed, Framer } from './framer.ts';

export interface MultilineRules {
  /** A line that matches begins a record. */
  readonly start?: RegExp | undefined;
  /** A line that matches goes on with the record before it. */
  readonly continuation?: RegExp | undefined;
  /** A line that matches ends its record. */
  readonly end?: RegExp | undefined;
  readonly maxLines: number;
  readonly maxBytes: number;
}

export function multilineFramer(lines: Framer, rules: MultilineRules): Framer {
  const begins = beginner(rules);
  const ends = rules.end && matcher(rules.end);
  return {
    delimiterBytes: lines.delimiterBytes,
    skip: lines.skip,
    frame(area, from, to, flush) {
      // A line without its end is no line of the group yet, unless nothing more will come.
      const framed = lines.frame(area, from, to, flush);
      return group(area, framed, from, { begins, ends, rules, flush });
    },
  };
}

type LineTest = (bytes: Buffer, start: number, end: number) => boolean;

interface Grouping {
  readonly begins: LineTest;
  readonly ends: LineTest | undefined;
  readonly rules: MultilineRules;
  readonly flush: Flush;
}

/** Turns the index of lines into one of groups, in place: a group is never further ahead than its first line. */
function group(area: Area, framed: Framed, from: number, { begins, ends, rules, flush }: Grouping): Framed {
  const { bytes } = area;
  let count = 0;
  let consumed = from;
  let lines = 0;
  let open = 0;
  let last = 0;
  const close = (upTo: number) => {
    area.starts[count] = open;
    area.ends[count] = last;
    count += 1;
    lines = 0;
    consumed = upTo;
  };
  for (let line = 0; line < framed.count; line++) {
    const start = area.starts[line] ?? 0;
    const end = area.ends[line] ?? 0;
    const full = lines >= rules.maxLines || (lines > 0 && end - open > rules.maxBytes);
    if (lines > 0 && (full || begins(bytes, start, end))) close(start);
    if (lines === 0) open = start;
    lines += 1;
    last = end;
    if (ends?.(bytes, start, end)) close(line + 1 < framed.count ? (area.starts[line + 1] ?? 0) : framed.consumed);
  }
  if (lines > 0 && flush !== 'none') close(framed.consumed);
  return { count, consumed };
}

/** Whether a line begins a record, when one is open before it. With an end pattern alone nothing but the end does that. */
function beginner({ start, continuation }: MultilineRules): LineTest {
  const starts = start && matcher(start);
  const continues = continuation && matcher(continuation);
  if (starts !== undefined && continues !== undefined) return (bytes, from, to) => starts(bytes, from, to) || !continues(bytes, from, to);
  if (starts !== undefined) return starts;
  if (continues !== undefined) return (bytes, from, to) => !continues(bytes, from, to);
  return () => false;
}

/** Only a beginning is looked at: a pattern that needs more of a line of 10 MiB would cost more than it is worth. */
const lookedAtBytes = 4096;

function matcher(pattern: RegExp): LineTest {
  // latin1 is the fastest way to a string; it is the same as UTF-8 as long as the pattern asks for ASCII only.
  const encoding = /^[\x00-\x7f]*$/.test(pattern.source) && !pattern.unicode ? 'latin1' : 'utf8';
  return (bytes, start, end) => pattern.test(bytes.toString(encoding, start, Math.min(end, start + lookedAtBytes)));
}
