/** Records of the journal → outages. Pure: the same records give the same outages, whoever reads them. */
import * as z from 'zod';

/** Why a link broke. The diagnosis fills it; the journal only keeps it. */
export const outageCause = z.object({ kind: z.string().max(100), sentence: z.string().max(4_096) }).catchall(z.unknown());
export type OutageCause = z.output<typeof outageCause>;

const ms = z.number().refine(Number.isFinite);
const moment = {
  /** The boot in which it was written, and how long that had lasted: durations hold across restarts of the agent. */
  boot: z.string(),
  upMs: ms,
};

const outageRecord = z.object({
  id: z.string(),
  link: z.string(),
  to: z.string(),
  plane: z.enum(['control', 'data']),
  fromMs: ms,
  ...moment,
  toMs: ms.optional(),
  /** Monotonic; of an open outage as of the last record about it. */
  durationMs: ms,
  attempts: z.number(),
  lastError: z.string(),
  /** `agent-restarted`: it ended while the agent did not run or before its first check, so `toMs` is the latest possible end. */
  how: z.enum(['recovered', 'agent-restarted', 'not-watched']).optional(),
  /** By so much the wall clock was moved meanwhile: `toMs - fromMs - durationMs`, where that is over a second. */
  clockStepMs: ms.optional(),
  cause: outageCause.optional(),
  /** Counts what the server should hear again: opened, closed, explained. */
  revision: z.number(),
  deliveredRevision: z.number(),
});
export type OutageRecord = Readonly<z.output<typeof outageRecord>>;

const closing = { toMs: ms, durationMs: ms, how: z.enum(['recovered', 'agent-restarted', 'not-watched']), clockStepMs: ms.optional() };

export const journalRecord = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('opened'),
    ...outageRecord.pick({ id: true, link: true, to: true, plane: true, fromMs: true, lastError: true, attempts: true, durationMs: true })
      .shape,
    ...moment,
  }),
  z.object({ kind: z.literal('failed'), id: z.string(), attempts: z.number(), lastError: z.string(), durationMs: ms }),
  z.object({ kind: z.literal('closed'), id: z.string(), attempts: z.number(), lastError: z.string(), ...closing }),
  z.object({ kind: z.literal('cause'), id: z.string(), cause: outageCause }),
  z.object({ kind: z.literal('delivered'), marks: z.array(z.tuple([z.string(), z.number()])) }),
  /** Outages that had to go, and how many of them the server never got. */
  z.object({ kind: z.literal('dropped'), ids: z.array(z.string()), undelivered: z.number() }),
  /** A whole outage, as a rewritten journal begins with. */
  z.object({ kind: z.literal('outage'), outage: outageRecord }),
]);
export type JournalRecord = z.output<typeof journalRecord>;

export interface Outages {
  /** By id, in the order in which they were opened. */
  readonly byId: Map<string, OutageRecord>;
  /** Outages that were dropped before the server had them, since the journal was made. */
  dropped: number;
}

/** Changes `outages`, for there may be many. A record about an outage that is not there (it was dropped, or damaged) changes nothing. */
export function fold(outages: Outages, record: JournalRecord): void {
  switch (record.kind) {
    case 'opened': {
      const { kind: _, ...rest } = record;
      outages.byId.set(record.id, { ...rest, revision: 1, deliveredRevision: 0 });
      return;
    }
    case 'outage':
      outages.byId.set(record.outage.id, record.outage);
      return;
    case 'failed': {
      const { kind: _, ...rest } = record;
      return change(outages, record.id, () => rest);
    }
    case 'closed': {
      const { kind: _, ...rest } = record;
      return change(outages, record.id, ({ revision }) => ({ ...rest, revision: revision + 1 }));
    }
    case 'cause':
      return change(outages, record.id, ({ revision }) => ({ cause: record.cause, revision: revision + 1 }));
    case 'delivered':
      for (const [id, revision] of record.marks)
        change(outages, id, ({ deliveredRevision }) => ({ deliveredRevision: Math.max(deliveredRevision, revision) }));
      return;
    case 'dropped':
      for (const id of record.ids) outages.byId.delete(id);
      outages.dropped += record.undelivered;
      return;
    default:
      return record satisfies never;
  }
}

function change(outages: Outages, id: string, edit: (outage: OutageRecord) => Partial<OutageRecord>): void {
  const outage = outages.byId.get(id);
  if (outage !== undefined) outages.byId.set(id, { ...outage, ...edit(outage) });
}

/** What came from the disk: values that are no records of ours (a later version's, with a valid checksum) are left out. */
export function replay(values: readonly unknown[]): Outages {
  const outages: Outages = { byId: new Map(), dropped: 0 };
  for (const value of values) {
    const record = journalRecord.safeParse(value);
    if (record.success) fold(outages, record.data);
  }
  return outages;
}

export function snapshot(outages: Outages): readonly JournalRecord[] {
  const whole = [...outages.byId.values()].map((outage): JournalRecord => ({ kind: 'outage', outage }));
  return outages.dropped === 0 ? whole : [{ kind: 'dropped', ids: [], undelivered: outages.dropped }, ...whole];
}

export interface Bounds {
  readonly maxOutages: number;
  readonly maxAge: number;
}

/**
 * Which outages have to go: those that ended too long ago, and of the rest, when there are too many, first what the server
 * has, then the oldest; open ones last.
 */
export function surplus(outages: Outages, bounds: Bounds, nowMs: number): readonly OutageRecord[] {
  const all = [...outages.byId.values()];
  const old = all.filter((outage) => outage.toMs !== undefined && outage.toMs < nowMs - bounds.maxAge);
  const gone = new Set(old);
  const left = all.filter((outage) => !gone.has(outage));
  const excess = Math.max(0, left.length - bounds.maxOutages);
  const order = (outage: OutageRecord) => (outage.toMs === undefined ? 2 : outage.deliveredRevision < outage.revision ? 1 : 0);
  const dropped = left.sort((a, b) => order(a) - order(b) || a.fromMs - b.fromMs).slice(0, excess);
  return [...old, ...dropped];
}
