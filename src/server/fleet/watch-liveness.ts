/** Asks the detector every second who fell silent or came back, and lets that count. */
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import type { Detector, Transition } from '../liveness/detector.ts';
import type { LiveAgent } from './live-agent.ts';
import type { FleetMetrics } from './metrics.ts';
import type { Roster } from './roster.ts';
import type { Writer } from './writer.ts';

export interface LivenessWatch {
  /** An agent that came back is online now, not at the next tick; one look for all that came in the same turn. */
  soon(): void;
  stop(): void;
}

export interface WatchParts {
  readonly roster: Roster;
  readonly detector: Detector;
  readonly writer: Writer;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: FleetMetrics;
  readonly tickMs: number;
  readonly expired: (agent: LiveAgent, reason: string) => void;
}

export function watchLiveness(parts: WatchParts): LivenessWatch {
  const { roster, detector, clock, log } = parts;
  let brakeSaid = false;
  let cancelTick = () => {};
  let cancelSoon: (() => void) | undefined;

  function look(): void {
    for (const transition of detector.tick(clock.monotonicMs())) {
      const agent = roster.present(transition.uid);
      if (agent !== undefined) moveTo(parts, agent, transition);
    }
    const brake = detector.brake();
    if ((brake !== undefined) === brakeSaid) return;
    brakeSaid = brake !== undefined;
    if (brake === undefined) log.event('fleet.brake-off');
    else log.event('fleet.brake-on', { sentence: brake.sentence });
  }

  function everyTick(): void {
    cancelTick = clock.after(parts.tickMs, () => {
      everyTick();
      look();
    });
  }
  everyTick();

  return {
    soon() {
      cancelSoon ??= clock.after(0, () => {
        cancelSoon = undefined;
        look();
      });
    },
    stop() {
      cancelTick();
      cancelSoon?.();
    },
  };
}

function moveTo({ roster, writer, clock, log, metrics, expired }: WatchParts, agent: LiveAgent, { from, to, reason }: Transition): void {
  const { uid, name: before } = agent.record;
  agent.record = { ...agent.record, liveness: { state: to, sinceMs: clock.now(), reason } };
  if (from === 'expired') roster.takeNameBack(agent);
  const { name } = agent.record;
  if (name !== before) log.event('fleet.renamed', { uid, before, name });
  metrics.transitions.inc({ to });
  log.event('fleet.liveness', { uid, name, from, to, reason });
  writer.touch(uid);
  roster.emit({ kind: 'liveness', uid, from, to, reason });
  if (to === 'expired') expired(agent, reason);
}
