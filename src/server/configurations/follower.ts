/**
 * What every agent shall run, remembered until something changes, and what its reports mean: a version that it is well with, one
 * that it failed with, one that it gave up in silence.
 */
import type { Labels } from '../../core/labels.ts';
import type { AgentBook } from './agent-book.ts';
import type { AgentFacts, ConfigVersion, Desired } from './configurations.ts';
import type { Context } from './context.ts';
import { type AgentRecord, maxBad, maxGood, type VersionRecord } from './records.ts';
import { type Resolution, type Rules, refOf, resolve } from './rules.ts';

interface Known {
  readonly rules: Rules;
  readonly own: AgentRecord | undefined;
  readonly labels: Labels;
  readonly accepts: boolean;
  readonly resolution: Resolution;
  readonly desired: Desired | undefined;
}

export interface Follower {
  desired(agent: AgentFacts): Desired | undefined;
  resolution(agent: AgentFacts): Resolution;
  /** Takes in what the agent reports; true when it has another desired version since it was last asked for. */
  observed(agent: AgentFacts): boolean;
  /** The same without a report: what is remembered of the agent has changed. */
  moved(agent: AgentFacts): boolean;
  forget(uid: string): void;
  /** Resolves when no content is being fetched. */
  settled(): Promise<void>;
}

/** Our own agent says FAILED by itself when it died twice over one version. */
const maxReturns = 3;

/** `arrived`: the content of a version is in memory now, and these agents waited for it. */
export function createFollower(context: Context, book: AgentBook, arrived: (uids: readonly string[]) => void): Follower {
  const { library, log, metrics, clock } = context;
  const known = new Map<string, Known>();
  /** Hash that an agent says it is applying. */
  const trying = new Map<string, string>();
  /** How often an agent came back from applying a version with another one, and said nothing of a failure. */
  const returned = new Map<string, { readonly hash: string; readonly times: number }>();
  const waiting = new Map<VersionRecord, string[]>();
  const fetching = new Set<Promise<void>>();
  /** One object for all agents with the same answer. */
  let shared = new Map<string, Desired>();
  let sharedFor: Rules | undefined;
  let byHash: ReadonlyMap<string, readonly VersionRecord[]> = new Map();

  function refresh(rules: Rules): void {
    if (sharedFor === rules) return;
    sharedFor = rules;
    shared = new Map();
    byHash = Map.groupBy(
      [...rules.versions.values()].flatMap((versions) => [...versions.values()]),
      ({ hash }) => hash,
    );
  }

  function look(agent: AgentFacts): Known {
    const rules = context.rules();
    const own = book.get(agent.uid);
    const last = known.get(agent.uid);
    if (last?.rules === rules && last.own === own && last.accepts === agent.acceptsConfig && sameLabels(last.labels, agent.labels))
      return last;
    refresh(rules);
    const resolution = resolve(rules, agent, own);
    const desired = resolution.desired === undefined ? undefined : withContent(agent.uid, resolution.desired, resolution.because);
    const next = { rules, own, labels: agent.labels, accepts: agent.acceptsConfig, resolution, desired };
    known.set(agent.uid, next);
    return next;
  }

  function withContent(uid: string, version: VersionRecord, because: string): Desired | undefined {
    const config = library.cached(version);
    if (config === undefined) return void fetchFor(uid, version);
    return share(config, because);
  }

  function share(config: ConfigVersion, because: string): Desired {
    const key = `${config.hash} ${config.name} ${because}`;
    const one = shared.get(key) ?? { config, because };
    shared.set(key, one);
    return one;
  }

  function fetchFor(uid: string, version: VersionRecord): void {
    const others = waiting.get(version);
    if (others !== undefined) return void others.push(uid);
    const uids = [uid];
    waiting.set(version, uids);
    const done = () => {
      waiting.delete(version);
      for (const one of uids) known.delete(one);
      arrived(uids);
    };
    const fetched = library.load(version).then(done, (thrown: unknown) => {
      log.event('configurations.trouble', { what: `version ${version.version} of ${version.name} cannot be read` }, thrown);
      // Asked for again with the agents' next questions, and not before: the store has trouble enough.
      clock.after(1_000, done);
    });
    fetching.add(fetched);
    void fetched.finally(() => fetching.delete(fetched));
  }

  /** The version that an agent means: of the configuration that it should have, when several have this content. */
  function versionByHash(hash: string, name: string | undefined): VersionRecord | undefined {
    refresh(context.rules());
    const all = byHash.get(hash) ?? [];
    return all.findLast((version) => version.name === name) ?? all.at(-1);
  }

  function failed(agent: AgentFacts, version: VersionRecord, reason: string): void {
    if (book.get(agent.uid)?.bad.some((bad) => bad.hash === version.hash)) return;
    const entry = { ...refOf(version), reason: reason.slice(0, 500), sinceMs: clock.now() };
    const add = (record: AgentRecord): AgentRecord => ({
      ...record,
      bad: [...record.bad.filter(({ hash }) => hash !== entry.hash), entry].slice(-maxBad),
    });
    book.update(agent.uid, add, true);
    metrics.agentFailures.inc();
    const { name: configuration, version: number, hash } = entry;
    log.event('configurations.agent-failed', {
      agent: agent.name,
      uid: agent.uid,
      configuration,
      version: number,
      hash,
      reason: entry.reason,
    });
  }

  function well(agent: AgentFacts, version: VersionRecord): void {
    const own = book.get(agent.uid);
    if (own?.good[0]?.hash === version.hash && own.good[0].name === version.name) return;
    if (own?.bad.some((bad) => bad.hash === version.hash)) return;
    const ref = refOf(version);
    book.update(agent.uid, (record) => ({
      ...record,
      good: [ref, ...record.good.filter(({ hash }) => hash !== ref.hash)].slice(0, maxGood),
    }));
  }

  /** An agent that is killed while it applies comes back with its last good version: it gets the new one again, but not for ever. */
  function cameBack(agent: AgentFacts, wanted: VersionRecord): void {
    const before = returned.get(agent.uid);
    const times = before?.hash === wanted.hash ? before.times + 1 : 1;
    if (times < maxReturns) return void returned.set(agent.uid, { hash: wanted.hash, times });
    returned.delete(agent.uid);
    failed(agent, wanted, `it began to apply it ${times} times and went back to another version without a word`);
  }

  function judge(agent: AgentFacts, wanted: VersionRecord | undefined, base: VersionRecord | undefined): void {
    const { hash, status, error } = agent.config;
    const given = trying.get(agent.uid);
    if (status === 'applying') trying.set(agent.uid, hash);
    else if (given !== undefined) trying.delete(agent.uid);
    if (hash === '') return;
    const version = versionByHash(hash, (wanted ?? base)?.name);
    if (status === 'failed') {
      if (version !== undefined) failed(agent, version, error || 'it gave no reason');
    } else if (status === 'applied') {
      // It began with the wanted version and is back at another one: servers that believe this APPLIED send the bad one for ever.
      if (wanted !== undefined && given === wanted.hash && hash !== wanted.hash) cameBack(agent, wanted);
      if (wanted !== undefined && hash === wanted.hash) returned.delete(agent.uid);
      if (version !== undefined && agent.healthy) well(agent, version);
    }
  }

  return {
    desired: (agent) => look(agent).desired,
    resolution: (agent) => look(agent).resolution,
    observed(agent) {
      const before = known.get(agent.uid);
      const { resolution } = look(agent);
      judge(agent, resolution.desired, resolution.base);
      return differs(before, look(agent));
    },
    moved: (agent) => differs(known.get(agent.uid), look(agent)),
    async settled() {
      while (fetching.size > 0) await Promise.all(fetching);
    },
    forget(uid) {
      known.delete(uid);
      trying.delete(uid);
      returned.delete(uid);
      book.forget(uid);
    },
  };
}

/** Where the rules have changed meanwhile, everybody was told so already. */
function differs(before: Known | undefined, after: Known): boolean {
  return before?.rules === after.rules && before.desired?.config.hash !== after.desired?.config.hash;
}

function sameLabels(a: Labels, b: Labels): boolean {
  if (a === b) return true;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
