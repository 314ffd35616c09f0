/** The journal of outages: each link that broke, from when to when, delivered when the agent is connected again. */
import * as z from 'zod';
import type { CustomKind } from './custom.ts';
import { longText, milliseconds, plane, shortText, uuid } from './fields.ts';

/** Why a link broke, as the diagnosis says it. It may hold more than this; what it holds is kept as it came. */
const cause = z.object({ kind: z.string().max(100), sentence: longText }).catchall(z.unknown());

export const outage = z.object({
  id: uuid,
  /** Counts what was said about this outage; of two reports the higher one holds, whichever came last. */
  revision: z.int().positive(),
  link: shortText,
  /** What was dialled: `kafka-1.example.org:9092`, or a URL without credentials. */
  to: z.string().max(2_048),
  plane,
  /** Wall clock of the agent. */
  fromMs: milliseconds,
  /** Absent: it lasts. */
  toMs: milliseconds.optional(),
  /** By the monotonic clock: right also where the wall clock was stepped meanwhile. */
  durationMs: milliseconds,
  /** `agent-restarted`: it ended while the agent did not run, so that `toMs` is the latest possible end. `not-watched`: the link was taken out of the settings. */
  how: z.enum(['recovered', 'agent-restarted', 'not-watched']).optional(),
  clockStepMs: z.number().optional(),
  attempts: z.int().nonnegative(),
  lastError: longText,
  cause: cause.optional(),
});
export type Outage = z.infer<typeof outage>;

export const outageReport = z.object({
  outages: z.array(outage).max(500),
  /** Outages that the agent had to drop before they could be delivered, since its journal was made. */
  dropped: z.int().nonnegative(),
});
export type OutageReport = z.infer<typeof outageReport>;

/** Sent in portions; each is the server's when it has been answered. An outage may come again: `id` and `revision` tell. */
export const outageReportKind: CustomKind<OutageReport> = {
  capability: 'io.fairlead.outages/v1',
  type: 'outages',
  schema: outageReport,
  maxBytes: 512 * 1024,
};
