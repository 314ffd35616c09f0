/** The one door through which a source pushes, so that many connections keep the rule of `SourceContext.push`: nothing more while it is full. */
import type { Batch } from '../batch.ts';
import type { SourceContext } from '../source.ts';
import { Turns } from './byte-budget.ts';

export class Outflow {
  readonly #context: Pick<SourceContext, 'push' | 'counters'>;
  /** Whoever fills a slab holds it while waiting for room: one of a source at a time, so that clients cannot take all slabs. */
  readonly turns = new Turns(1);
  /** Where the next record of the source's generation stands; whoever has the turn moves it. */
  position = 0;
  #full: Promise<void> | undefined;

  constructor(context: Pick<SourceContext, 'push' | 'counters'>) {
    this.#context = context;
  }

  /** Resolves when there is room; undefined when there is. */
  get full(): Promise<void> | undefined {
    return this.#full;
  }

  /** Only while `full` is undefined. */
  send(batch: Batch): void {
    this.#count(batch);
    const wait = this.#context.push(batch);
    if (wait === undefined) return;
    this.#full = wait.then(() => {
      this.#full = undefined;
    });
  }

  async sendWhenRoom(batch: Batch): Promise<void> {
    while (this.#full !== undefined) await this.#full;
    this.send(batch);
  }

  #count(batch: Batch): void {
    const { counters } = this.#context;
    if (batch.kind === 'metrics') {
      counters.records += batch.points.length;
      return;
    }
    counters.records += batch.count;
    let bytes = 0;
    for (let record = 0; record < batch.count; record++) bytes += (batch.ends[record] ?? 0) - (batch.starts[record] ?? 0);
    counters.bytes += bytes;
  }
}
