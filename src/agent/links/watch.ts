/** What is known of one watched link, and what each result of a check means for it: health, journal, log and figures. */
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import type { Moment } from '../journal/elapsed.ts';
import type { Journal } from '../journal/journal.ts';
import type { HealthSink } from '../part.ts';
import type { LinksMetrics } from './metrics.ts';
import { judge, type LinkVerdict, type Thresholds, unknownLink } from './verdicts.ts';

/** As reported to the server and shown locally. */
export interface LinkState {
  readonly name: string;
  readonly to: string;
  readonly plane: 'control' | 'data';
  readonly state: 'unknown' | 'up' | 'down';
  /** Wall clock of the last turn. */
  readonly sinceMs: number;
  readonly lastError: string;
}

export interface Watched {
  /** `error` undefined: it worked. */
  result(error: string | undefined): void;
  verdict(): LinkVerdict;
  state(): LinkState;
  /** It is not watched any more: an open outage ends, and nothing of it stays in health and figures. */
  forget(): void;
}

export interface WatchDeps {
  readonly clock: Clock;
  readonly uptimeMs: () => number;
  readonly log: Log;
  readonly journal: Journal;
  readonly metrics: LinksMetrics;
  readonly health: HealthSink;
  readonly changed: () => void;
}

export interface WatchedLink extends Thresholds {
  readonly name: string;
  readonly to: string;
  readonly plane: 'control' | 'data';
  /** Path in the health tree. */
  readonly component: string;
  /** Whether the agent is unhealthy while it is down. */
  readonly required: boolean;
}

export function watchLink(link: WatchedLink, deps: WatchDeps): Watched {
  const { clock, log, journal, metrics, health } = deps;
  const { name, to, plane, component } = link;
  let verdict = unknownLink;
  let sinceMs = clock.now();
  let beganUpMs = deps.uptimeMs();
  /** An outage that an agent before this one left open is ours: it goes on, or it ended while nobody looked. */
  let outage = journal.carried().find((one) => one.link === name && one.to === to)?.id;

  const show = () => {
    if (verdict.kind === 'unknown') health.set(component, { healthy: true, pending: true, status: 'checking' });
    else if (verdict.kind === 'up') health.set(component, { healthy: true, status: 'up' });
    else health.set(component, { healthy: !link.required, status: 'down', lastError: verdict.lastError });
  };
  const goDown = (at: Moment, attempts: number) => {
    outage ??= journal.open({ link: name, to, plane, since: at, error: verdict.lastError, attempts });
    metrics.outage(name);
    log.event('agent.link.down', { link: name, to, plane, forMs: Math.round(deps.uptimeMs() - at.upMs), reason: verdict.lastError });
  };
  const goUp = (at: Moment, first: boolean) => {
    if (outage !== undefined) journal.close(outage, first ? 'agent-restarted' : 'recovered', at);
    outage = undefined;
    if (first) log.event('agent.link.first-up', { link: name, to });
    else log.event('agent.link.up', { link: name, to, plane, forMs: Math.round(at.upMs - beganUpMs) });
  };

  show();
  return {
    result(error) {
      const before = verdict;
      const turn = judge(before, error, { atMs: clock.now(), upMs: deps.uptimeMs() }, link);
      verdict = turn.verdict;
      if (error !== undefined) log.event('agent.link.check-failed', { link: name, to, reason: error });
      if (turn.went === undefined || turn.at === undefined) {
        if (error === undefined || verdict.kind !== 'down') return;
        if (outage !== undefined) journal.failed(outage, error);
        return show();
      }
      if (turn.went === 'down') goDown(turn.at, before.against + 1);
      else goUp(turn.at, before.kind === 'unknown');
      sinceMs = turn.at.atMs;
      beganUpMs = turn.at.upMs;
      metrics.is(name, plane, turn.went === 'up');
      show();
      deps.changed();
    },
    verdict: () => verdict,
    state: () => ({ name, to, plane, state: verdict.kind, sinceMs, lastError: verdict.lastError }),
    forget() {
      if (outage !== undefined) journal.close(outage, 'not-watched');
      health.remove(component);
      metrics.forget(name);
    },
  };
}
