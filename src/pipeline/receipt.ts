/**
 * Who still has to deliver: the way back of an acknowledgement.
 *
 * Whatever brings data into the pipeline makes one receipt for each batch. Whoever passes a batch on to several, or keeps a part of it,
 * holds it once more for each; whoever has delivered (or has written to the spool and synced, or was told to drop) releases one hold.
 * When the last hold is gone the origin hears whether everything was delivered, and only then moves its checkpoint.
 */
export class Receipt {
  readonly #settled: (delivered: boolean) => void;
  #holds = 1;
  #failed = false;

  /** `settled(false)`: some of it was not delivered and whoever held it gave it up; the origin brings the batch again. */
  constructor(settled: (delivered: boolean) => void) {
    this.#settled = settled;
  }

  hold(times = 1): void {
    if (this.#holds === 0) throw new Error('a settled receipt was held');
    this.#holds += times;
  }

  /** Delivered, or dropped because a person asked for it. */
  release(): void {
    if (this.#holds === 0) throw new Error('a settled receipt was released');
    this.#holds -= 1;
    if (this.#holds === 0) this.#settled(!this.#failed);
  }

  /** Releases a hold without having delivered. */
  fail(): void {
    this.#failed = true;
    this.release();
  }
}
