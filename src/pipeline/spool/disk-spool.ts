/** Puts the parts of a spool together: ledger, keeper of the state, appender, reader. */
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import type { Batch } from '../batch.ts';
import { Receipt } from '../receipt.ts';
import type { SlabPool } from '../slab.ts';
import type { Outcome } from './appender.ts';
import { Appender } from './appender.ts';
import type { Folder } from './folder.ts';
import { Keeper } from './keeper.ts';
import { Ledger } from './ledger.ts';
import type { Entry } from './outstanding.ts';
import { Reader } from './reader.ts';
import type { Recovered } from './recover.ts';
import type { SpoolSettings } from './settings.ts';
import type { Amount, Appended, AppendOptions, Spool } from './spool.ts';

export interface DiskSpoolOptions {
  readonly settings: SpoolSettings;
  readonly folder: Folder;
  readonly clock: Clock;
  readonly log: Log;
  readonly slabs: SlabPool;
  readonly random: () => number;
}

export class DiskSpool implements Spool {
  readonly #ledger: Ledger;
  readonly #keeper: Keeper;
  readonly #reader: Reader;
  readonly #appender: Appender;
  #readable: () => void = () => {};
  #telling: NodeJS.Immediate | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: DiskSpoolOptions, recovered: Recovered) {
    const ledger = new Ledger(recovered);
    this.#ledger = ledger;
    this.#keeper = new Keeper({ ...options, ledger, sequence: recovered.sequence });
    this.#reader = new Reader({
      ...options,
      ledger,
      limit: (segment) => this.#appender.limit(segment),
      receipt: (entry) => this.#receipt(entry),
    });
    this.#appender = new Appender({ ...options, ledger, keeper: this.#keeper, reader: this.#reader });
    // Segments that the state does not name any more, and that were not unlinked in time.
    if (ledger.first > ledger.deleteFrom) this.#keeper.changed();
  }

  async append(batch: Batch, { through = false }: AppendOptions = {}): Promise<Appended> {
    const empty = (batch.kind === 'logs' ? batch.count : batch.points.length) === 0;
    if (empty) return through ? { stored: true, receipt: new Receipt(() => {}) } : { stored: true };
    return await this.#appender.append(batch, (outcome) => this.#appended(outcome, through));
  }

  next(): Promise<Batch | undefined> {
    return this.#reader.next();
  }

  onReadable(listener: () => void): void {
    this.#readable = listener;
  }

  get depth(): Amount {
    return this.#ledger.depth;
  }

  get dropped(): Amount {
    return this.#ledger.dropped;
  }

  get damaged(): Amount {
    return this.#ledger.damaged;
  }

  problem(): string | undefined {
    return this.#appender.problem ?? this.#reader.problem ?? this.#keeper.problem;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#appender.close();
    await this.#reader.close();
    await this.#keeper.close();
  }

  /** Called in the order of appending, before anything else is appended or read. */
  #appended(outcome: Outcome, through: boolean): Appended {
    if (outcome.kind === 'closed') return { stored: false, closed: true };
    if (outcome.kind === 'dropped') return { stored: false };
    const { start, end } = outcome;
    if (through && this.#ledger.cursor.id === start.id) return { stored: true, receipt: this.#receipt(this.#ledger.read(start, end)) };
    this.#tell();
    return { stored: true };
  }

  /**
   * In the next turn of the event loop: whoever was just told by `next` that there is nothing has heard it by then. Otherwise that answer could
   * overtake this one, and what was appended would wait for the append after it.
   */
  #tell(): void {
    this.#telling ??= setImmediate(() => {
      this.#telling = undefined;
      if (this.#closing === undefined) this.#readable();
    });
  }

  #receipt(entry: Entry): Receipt {
    return new Receipt((delivered) => {
      if (delivered) this.#ledger.delivered(entry);
      else if (this.#ledger.failed(entry)) this.#tell();
      this.#keeper.changed();
      this.#appender.committed();
    });
  }
}
