/** When leases end. The clock's monotonic time counts: a step of the wall clock ends none. */
import type { Clock } from '../../core/clock.ts';

/** Ends a lease and takes its keys away; resolves when that is durable. */
export type EndLease = (id: string, why: 'expired' | 'revoked') => Promise<void>;

export interface Leases {
  /** From now on the lease ends unless it is kept alive. */
  start(id: string, ttlMs: number): void;
  /** False when it has ended; resolves only after its keys are gone then. */
  keepAlive(id: string): Promise<boolean>;
  revoke(id: string): Promise<void>;
  /** Stops the time; the leases stay, and get their whole time again when the store is opened the next time. */
  close(): void;
}

/** What could not be ended (a full disk) is tried again after this. */
const retryMs = 1_000;

interface Running {
  readonly ttlMs: number;
  deadlineMs: number;
  cancel: () => void;
  ending?: Promise<void>;
}

export function createLeases(clock: Clock, end: EndLease): Leases {
  const running = new Map<string, Running>();

  /** One timer per lease, set anew only when it fires: keeping alive only moves the deadline. */
  function arm(id: string, lease: Running): void {
    lease.cancel = clock.after(lease.deadlineMs - clock.monotonicMs(), () => {
      if (clock.monotonicMs() < lease.deadlineMs) arm(id, lease);
      else void expire(id, lease);
    });
  }

  async function expire(id: string, lease: Running): Promise<void> {
    lease.ending = end(id, 'expired');
    try {
      await lease.ending;
      running.delete(id);
    } catch {
      // The store has said why in its log; the keys are still there and must not stay for ever.
      lease.cancel = clock.after(retryMs, () => void expire(id, lease));
    }
  }

  return {
    start(id, ttlMs) {
      const lease: Running = { ttlMs, deadlineMs: clock.monotonicMs() + ttlMs, cancel: () => {} };
      running.set(id, lease);
      arm(id, lease);
    },
    async keepAlive(id) {
      const lease = running.get(id);
      if (lease === undefined) return false;
      if (lease.ending !== undefined || clock.monotonicMs() >= lease.deadlineMs) {
        await lease.ending;
        return false;
      }
      lease.deadlineMs = clock.monotonicMs() + lease.ttlMs;
      return true;
    },
    async revoke(id) {
      const lease = running.get(id);
      if (lease === undefined) return;
      running.delete(id);
      lease.cancel();
      await (lease.ending ?? end(id, 'revoked'));
    },
    close() {
      for (const { cancel } of running.values()) cancel();
      running.clear();
    },
  };
}
