/** The configuration center of a running server: puts its parts together and has their lifetime. */
import type { Registry } from 'prom-client';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import type { Store } from '../store/store.ts';
import { createAgentBook } from './agent-book.ts';
import { assign, unassign } from './assigning.ts';
import { createConductor } from './conductor.ts';
import type { AgentFacts, Agents, ConfigurationCenter, Explanation } from './configurations.ts';
import type { Context } from './context.ts';
import { dryRun } from './dry-run.ts';
import { createFollower } from './follower.ts';
import { createLibrary } from './library.ts';
import { type ConfigurationFigures, configurationsMetrics } from './metrics.ts';
import { openMirror } from './mirror.ts';
import { clearQuarantine, listQuarantine, ownQuarantine } from './quarantine.ts';
import { start, steer, view } from './rollouts.ts';
import { explainMatches, type Rules, refOf, rulesOf } from './rules.ts';
import { type Validate, validator } from './validation.ts';
import { diff, findVersion, headSummary, put, release, remove, versions } from './versions.ts';

export interface ConfigurationsOptions {
  readonly store: Store;
  readonly agents: Agents;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  /** Undefined: only the syntax of YAML and JSON is looked at. */
  readonly validate?: Validate;
}

/** Rejects when the store cannot be read. Rollouts that are under way go on where they were. */
export async function createConfigurations(options: ConfigurationsOptions): Promise<ConfigurationCenter> {
  const { store, agents, clock, log, registry, validate = validator() } = options;
  const listeners = new Set<(uids: readonly string[] | undefined) => void>();
  const emit = (uids: readonly string[] | undefined) => {
    for (const listener of listeners) listener(uids);
  };
  let rules: Rules | undefined;
  let ready = false;

  const mirror = await openMirror({
    store,
    trouble: (what, cause) => log.event('configurations.trouble', { what }, cause),
    changed(kinds, uids) {
      if (!ready) return;
      if ([...kinds].some((kind) => kind !== 'agents')) {
        rules = undefined;
        conductor.sync();
        return emit(undefined);
      }
      const moved = uids.filter((uid) => {
        const agent = agents.get(uid);
        return agent !== undefined && follower.moved(agent);
      });
      if (moved.length > 0) emit(moved);
    },
  });
  const library = createLibrary(store);
  const figures: ConfigurationFigures = {
    configurations: () => mirror.stored.heads.size,
    quarantined: () => mirror.stored.quarantine.size,
    rollouts() {
      const states = [...context.rules().active.values()].map(({ state }) => state);
      const paused = states.filter((state) => state === 'paused').length;
      return { paused, running: states.length - paused };
    },
    agents() {
      const counts = { current: 0, pending: 0, failed: 0, unassigned: 0 };
      for (const agent of agents.all()) counts[stateOf(agent)] += 1;
      return counts;
    },
  };
  const metrics = configurationsMetrics(registry, figures);
  const context: Context = {
    ...{ mirror, library, agents, clock, log, metrics, validate },
    rules() {
      rules ??= rulesOf(mirror.stored);
      return rules;
    },
  };
  const book = createAgentBook(mirror, clock, (thrown) => {
    metrics.storeFailures.inc();
    log.event('configurations.store-failed', { what: 'what is known of agents' }, thrown);
  });
  const follower = createFollower(context, book, (uids) => emit(uids));
  const conductor = createConductor(context, follower, book);

  function stateOf(agent: AgentFacts): 'current' | 'pending' | 'failed' | 'unassigned' {
    const { desired } = follower.resolution(agent);
    if (desired === undefined) return 'unassigned';
    if (agent.config.status === 'failed') return 'failed';
    return agent.config.hash === desired.hash && agent.config.status === 'applied' ? 'current' : 'pending';
  }

  function observed(uid: string): void {
    const agent = agents.get(uid);
    if (agent === undefined) {
      follower.forget(uid);
      conductor.forget(uid);
      return;
    }
    const moved = follower.observed(agent);
    conductor.observed(agent);
    if (moved) emit([uid]);
  }

  // What agents may be told of first is in memory before the first of them asks.
  const { ranked, active } = context.rules();
  const wanted = new Set([
    ...ranked.map(({ assignment: { configuration, version } }) =>
      findVersion(mirror, configuration, version === 'latest' ? 'released' : version),
    ),
    ...[...active.values()].flatMap((one) =>
      [one.fromVersion, one.toVersion].map((version) => findVersion(mirror, one.configuration, version)),
    ),
  ]);
  for (const version of wanted) if (version !== undefined) await library.load(version);
  rules = undefined;
  ready = true;
  for (const agent of agents.all()) follower.observed(agent);
  // Older versions that single agents were sent back to.
  await follower.settled();
  conductor.sync();

  return {
    desired: follower.desired,
    observed,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    put: (request, actor) => put(context, request, actor),
    async get(name, version) {
      const record = findVersion(mirror, name, version);
      return record && library.load(record);
    },
    list: () => [...mirror.stored.heads.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).map(headSummary),
    summary(name) {
      const head = mirror.stored.heads.get(name);
      return head && headSummary(head);
    },
    versions: (name) => versions(context, name),
    diff: (name, from, to) => diff(context, name, from, to),
    release: (name, version, actor) => release(context, name, version, actor),
    delete: (name, actor) => remove(context, name, actor),
    assign: (assignment, actor) => assign(context, assignment, actor),
    unassign: (name, actor) => unassign(context, name, actor),
    assignments: () => context.rules().ranked.map(({ assignment }) => assignment),
    explain: (uid) => explain(uid),
    dryRun: (change) => dryRun(context, book, change),
    startRollout: (plan, actor) => start(context, conductor, plan, actor),
    rollout(id) {
      const record = mirror.stored.rollouts.get(id);
      return record && view(conductor, record);
    },
    rollouts: () =>
      [...mirror.stored.rollouts.values()].sort((a, b) => Number(b.id) - Number(a.id)).map((record) => view(conductor, record)),
    pause: (id, actor) => steer(context, conductor, id, 'pause', actor),
    resume: (id, actor) => steer(context, conductor, id, 'resume', actor),
    abort: (id, actor, reason) => steer(context, conductor, id, 'abort', actor, reason),
    promote: (id, actor) => steer(context, conductor, id, 'promote', actor),
    quarantine: () => listQuarantine(context, book),
    async clearQuarantine(hash, uid, actor) {
      const outcome = await clearQuarantine(context, book, hash, uid, actor);
      if (!outcome.ok) return outcome;
      conductor.sync();
      emit(uid === undefined ? undefined : outcome.value);
      return { ok: true, value: undefined };
    },
    async [Symbol.asyncDispose]() {
      listeners.clear();
      await conductor[Symbol.asyncDispose]();
      await follower.settled();
      await book[Symbol.asyncDispose]();
      await mirror[Symbol.asyncDispose]();
    },
  };

  function explain(uid: string): Explanation | undefined {
    const agent = agents.get(uid);
    if (agent === undefined) return undefined;
    const { desired, because, rollout, stage } = follower.resolution(agent);
    return {
      uid,
      name: agent.name,
      matches: explainMatches(context.rules(), agent.labels),
      ...(desired === undefined ? {} : { desired: refOf(desired) }),
      because,
      ...(rollout === undefined ? {} : { rollout: { id: rollout.id, stage: stage ?? rollout.stage, member: stage !== undefined } }),
      reported: agent.config,
      quarantined: ownQuarantine(book.get(uid)),
    };
  }
}
