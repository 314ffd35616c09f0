/** Brings the journal to the server: in portions, each marked as delivered only when the server has answered it. */
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import { encodeCustomData } from '../../protocol/custom.ts';
import { type Outage, outageReportKind } from '../../protocol/outages.ts';
import type { Connection } from '../connection/connection.ts';
import type { OutageRecord } from './fold.ts';
import type { Journal } from './journal.ts';

export interface DeliverDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

/** 20 outages with the largest causes are below what a message may hold. */
const portion = 20;
/** After a server did not take a portion: a new connection tries at once, else after so long. */
const retryMs = 60_000;

export function deliverJournal(journal: Journal, connection: Connection, { clock, random, log }: DeliverDeps): Disposable {
  let running: Promise<void> | undefined;
  let again = false;
  let cancel = () => {};
  let ended = false;

  const deliver = async (): Promise<void> => {
    while (!ended && connection.state().kind === 'connected') {
      const outages = journal.undelivered(portion);
      if (outages.length === 0) return;
      // What is not on disk yet may be forgotten by a crash, and would then be told again as something else.
      await journal.flushed();
      const encoded = encodeCustomData(outageReportKind, { outages: outages.map(toWire), dropped: journal.dropped() });
      if (!encoded.ok) throw new Error(encoded.sentence);
      await connection.send(outageReportKind.capability, outageReportKind.type, encoded.data);
      // Called off meanwhile: the journal is closed, and the server is told once more by the next agent.
      if (ended) return;
      journal.delivered(outages.map(({ id, revision }) => [id, revision]));
      log.event('agent.journal.delivered', { count: outages.length });
    }
  };
  const run = (): void => {
    if (ended) return;
    if (running !== undefined) {
      again = true;
      return;
    }
    cancel();
    running = deliver()
      .catch((cause: unknown) => {
        if (ended) return;
        log.event('agent.journal.undelivered', { reason: cause instanceof Error ? cause.message : String(cause) });
        cancel = clock.after(retryMs * (1 + random()), run);
      })
      .finally(() => {
        running = undefined;
        if (!again) return;
        again = false;
        run();
      });
  };
  const off = [
    journal.onChange(run),
    connection.onState((state) => {
      if (state.kind === 'connected') run();
    }),
  ];
  run();
  return {
    // Does not wait for an answer that may never come.
    [Symbol.dispose]() {
      ended = true;
      for (const one of off) one();
      cancel();
    },
  };
}

function toWire(outage: OutageRecord): Outage {
  const { id, revision, link, to, plane, fromMs, toMs, durationMs, how, clockStepMs, attempts, lastError, cause } = outage;
  return {
    ...{ id, revision, link, to, plane, fromMs, durationMs, attempts, lastError },
    ...(toMs === undefined ? {} : { toMs }),
    ...(how === undefined ? {} : { how }),
    ...(clockStepMs === undefined ? {} : { clockStepMs }),
    ...(cause === undefined ? {} : { cause }),
  };
}
