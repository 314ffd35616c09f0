/** Lines of CRI container logs: `2016-10-06T00:17:09.669794202Z stdout F the message` (kubelet, kuberuntime/logs). */
import type { FieldTable } from '../../json-bytes/field-table.ts';
import { fieldName } from '../../json-bytes/field-table.ts';

const names = { time: fieldName('time'), stream: fieldName('stream'), partial: fieldName('partial'), message: fieldName('message') };
const space = 0x20;
const partial = 0x50;
const full = 0x46;
const yes = Buffer.from('true');

/** Where the three words before the message end; undefined when the line has another form. */
export interface CriLine {
  readonly timeEnd: number;
  readonly streamEnd: number;
  readonly isPartial: boolean;
  readonly messageStart: number;
}

export function criLine(bytes: Buffer, start: number, end: number): CriLine | undefined {
  const timeEnd = wordEnd(bytes, start, end);
  const streamEnd = wordEnd(bytes, timeEnd + 1, end);
  const name = bytes.toString('latin1', timeEnd + 1, streamEnd);
  // The third word holds tags, parted by colons; the first says whether the line goes on in the next record.
  const tag = bytes[streamEnd + 1];
  const tagsEnd = wordEnd(bytes, streamEnd + 1, end);
  if ((name !== 'stdout' && name !== 'stderr') || streamEnd + 1 >= end || (tag !== partial && tag !== full)) return undefined;
  return { timeEnd, streamEnd, isPartial: tag === partial, messageStart: Math.min(tagsEnd + 1, end) };
}

function wordEnd(bytes: Buffer, at: number, end: number): number {
  while (at < end && bytes[at] !== space) at += 1;
  return at;
}

export function setCri(table: FieldTable, bytes: Buffer, start: number, end: number, line: CriLine): void {
  table.setText(names.time, bytes, start, line.timeEnd);
  table.setText(names.stream, bytes, line.timeEnd + 1, line.streamEnd);
  if (line.isPartial) table.set(names.partial, yes);
  table.setText(names.message, bytes, line.messageStart, end);
}
