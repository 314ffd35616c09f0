/** A process full of simulated agents, told what to do over IPC: `node bench/fleet/simulate.ts`. */
import type { Tally } from './agent.ts';
import { emptyTally, SimulatedAgent } from './agent.ts';
import { enrolAll } from './enrol.ts';

export type Order =
  | {
      readonly kind: 'enrol';
      readonly enrolUrl: string;
      readonly bundlePem: string;
      readonly token: string;
      readonly count: number;
      readonly prefix: string;
    }
  /** Connects all, new ones at most so fast; heartbeats every `heartbeatMs`, spread evenly. */
  | { readonly kind: 'connect'; readonly url: string; readonly heartbeatMs: number; readonly perSecond: number }
  | { readonly kind: 'tally' }
  | { readonly kind: 'stop' };

export type Report =
  | { readonly kind: 'progress'; readonly done: number }
  | { readonly kind: 'done'; readonly order: Order['kind']; readonly tally: Tally; readonly error?: string };

const tally = emptyTally();
const agents: SimulatedAgent[] = [];
let heartbeats: NodeJS.Timeout | undefined;
let bundle = '';

const identities: Awaited<ReturnType<typeof enrolAll>>[number][] = [];

async function carryOut(order: Order): Promise<void> {
  switch (order.kind) {
    case 'enrol':
      bundle = order.bundlePem;
      identities.push(...(await enrolAll({ ...order, onProgress: (done) => say({ kind: 'progress', done }) })));
      return;
    case 'connect': {
      agents.push(...identities.map((identity) => new SimulatedAgent(identity, order.url, bundle, tally, order.heartbeatMs)));
      beat(order.heartbeatMs);
      for (const [at, agent] of agents.entries()) {
        agent.connect();
        // Ten at a time: a timer for each would not be more even.
        if (at % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 10_000 / order.perSecond));
      }
      return;
    }
    case 'tally':
      return;
    case 'stop':
      clearInterval(heartbeats);
      for (const agent of agents) agent.stop();
      process.disconnect();
      return;
    default:
      order satisfies never;
  }
}

/** One timer for all: a hundredth of the fleet at each tick. */
function beat(heartbeatMs: number): void {
  const ticks = 100;
  let tick = 0;
  heartbeats = setInterval(() => {
    for (let at = tick; at < agents.length; at += ticks) agents[at]?.heartbeat();
    tick = (tick + 1) % ticks;
  }, heartbeatMs / ticks);
}

function say(report: Report): void {
  process.send?.(report);
}

process.on('message', (order: Order) => {
  carryOut(order).then(
    () => order.kind !== 'stop' && say({ kind: 'done', order: order.kind, tally }),
    (error: unknown) => say({ kind: 'done', order: order.kind, tally, error: error instanceof Error ? error.message : String(error) }),
  );
});
