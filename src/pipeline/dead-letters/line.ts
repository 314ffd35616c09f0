import { isUtf8 } from 'node:buffer';
import type { DeadLetter } from './dead-letters.ts';

/** One line of the file: JSON, the record as text where it is UTF-8, otherwise as base64, so that no byte is lost. */
export function lineOf(letter: DeadLetter, nowMs: number): string {
  const { sink, reason, source, generation, position, bytes } = letter;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const record = isUtf8(view) ? { text: view.toString('utf8') } : { base64: view.toString('base64') };
  return `${JSON.stringify({ time: new Date(nowMs).toISOString(), sink, reason, source, generation, position, ...record })}\n`;
}
