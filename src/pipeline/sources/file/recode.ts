import { LogBatch } from '../../batch.ts';

/**
 * Records in UTF-16 as UTF-8, on the heap; their positions stay those in the file. A half of a pair that stands alone becomes U+FFFD, and the
 * byte order mark at the beginning of a file is left out.
 */
export function fromUtf16(batch: LogBatch, bigEndian: boolean): LogBatch {
  const { count } = batch;
  const texts: string[] = [];
  const positions = new Float64Array(count);
  for (let record = 0; record < count; record++) {
    positions[record] = batch.positionOf(record);
    const text = textOf(batch.bytes.subarray(batch.starts[record], batch.ends[record]), bigEndian);
    texts.push(positions[record] === 0 && text.startsWith('\ufeff') ? text.slice(1) : text);
  }
  const starts = new Uint32Array(count);
  const ends = new Uint32Array(count);
  const bytes = Buffer.allocUnsafe(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0));
  let at = 0;
  for (const [record, text] of texts.entries()) {
    starts[record] = at;
    at += bytes.write(text, at);
    ends[record] = at;
  }
  const { stream, base, times, readAtMs, receipt } = batch;
  batch.free();
  return new LogBatch({ stream, bytes, starts, ends, count, base, positions, times, readAtMs, receipt });
}

function textOf(bytes: Buffer, bigEndian: boolean): string {
  // swap16 works in place and wants whole units; a torn one at the end is dropped.
  const whole = bytes.subarray(0, bytes.length & ~1);
  const text = (bigEndian ? Buffer.from(whole).swap16() : whole).toString('utf16le');
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}
