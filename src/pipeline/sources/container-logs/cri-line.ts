/**
 * A line of CRI: `2016-10-06T00:17:09.669794202Z stdout F the message`. The third word is a list of tags, parted by colons; the first of them is
 * P (partial) or F (full). Kubernetes: pkg/kubelet/kuberuntime/logs, and the design document "CRI: Log Management for Container Stdout/Stderr Streams".
 */

import { channelOf, type Line, unknown } from '../../containers/line.ts';
import type { StampReader } from '../../containers/stamp.ts';

const space = 0x20;
const partial = 0x50;
const full = 0x46;
/** "2016-10-06T00:17:09Z" at least, "….669794202+02:00" at most. */
const shortest = 20;
const longest = 35;

/** False: it is no such line. */
export function readCri(bytes: Uint8Array, from: number, to: number, stamps: StampReader, line: Line): boolean {
  let timeEnd = from + shortest;
  const limit = Math.min(to, from + longest + 1);
  while (timeEnd < limit && bytes[timeEnd] !== space) timeEnd += 1;
  const tagAt = timeEnd + 8;
  const tag = bytes[tagAt];
  if (tagAt >= to || bytes[timeEnd] !== space || bytes[tagAt - 1] !== space || (tag !== partial && tag !== full)) return false;
  const channel = channelOf(bytes, timeEnd + 1, tagAt - 1);
  if (channel === unknown) return false;
  let tagsEnd = tagAt + 1;
  while (tagsEnd < to && bytes[tagsEnd] !== space) tagsEnd += 1;
  // More tags come behind a colon; anything else is a word that only begins like one.
  if (tagsEnd > tagAt + 1 && bytes[tagAt + 1] !== 0x3a) return false;
  const timeMs = stamps.read(bytes, from, timeEnd);
  if (Number.isNaN(timeMs)) return false;
  line.docker = false;
  line.channel = channel;
  line.partial = tag === partial;
  line.start = Math.min(tagsEnd + 1, to);
  line.end = to;
  line.timeMs = timeMs;
  return true;
}
