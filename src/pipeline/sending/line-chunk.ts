/** Lines that wait to be written, with the receipts of where they came from. */
import type { LogBatch, MetricBatch } from '../batch.ts';
import type { Receipt } from '../receipt.ts';
import { copyLines, lineBytes, metricLines } from './line-copy.ts';

const firstBytes = 64 * 1024;
/** A buffer that one long record made larger than this is not kept for the next chunk. */
const keptBytes = 2 * 1024 * 1024;

export class LineChunk {
  #bytes = Buffer.alloc(0);
  #receipts: Receipt[] = [];
  length = 0;
  records = 0;
  /** Of records, without line breaks. */
  recordBytes = 0;

  /** Copies a batch and lets its bytes go; keeps its receipt. */
  add(batch: LogBatch | MetricBatch): void {
    const before = this.length;
    if (batch.kind === 'logs') {
      this.#room(lineBytes(batch, 0, batch.count));
      this.length = copyLines(batch, 0, batch.count, this.#bytes, this.length);
    } else {
      const lines = metricLines(batch);
      this.#room(lines.length);
      this.length += lines.copy(this.#bytes, this.length);
    }
    const records = batch.kind === 'logs' ? batch.count : batch.points.length;
    this.records += records;
    this.recordBytes += this.length - before - records;
    this.#receipts.push(batch.receipt);
    batch.free();
  }

  written(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }

  /** Settles all receipts and is empty again. */
  settle(delivered: boolean): void {
    const receipts = this.#receipts;
    this.#receipts = [];
    this.length = 0;
    this.records = 0;
    this.recordBytes = 0;
    if (this.#bytes.length > keptBytes) this.#bytes = Buffer.alloc(0);
    for (const receipt of receipts) {
      if (delivered) receipt.release();
      else receipt.fail();
    }
  }

  #room(more: number): void {
    const needed = this.length + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(firstBytes, needed, Math.min(this.#bytes.length * 2, keptBytes)));
    this.#bytes.copy(larger, 0, 0, this.length);
    this.#bytes = larger;
  }
}
