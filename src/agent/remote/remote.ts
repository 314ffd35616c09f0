/**
 * Configurations from the server: checked whole, put in place while the agent runs, reported as applied only after they ran and
 * stayed well, else rolled back and reported as failed. The last good one is on disk and runs at the next start, server or not.
 */
import { join } from 'node:path';
import type * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import type { Connection, Inbound, RemoteConfig, RemoteConfigReport } from '../connection/connection.ts';
import type { HealthTree } from '../health/tree.ts';
import type { Part } from '../part.ts';
import type { RemoteSettings } from '../settings/remote.ts';
import { type ApplyDeps, put, putBack, settled } from './apply.ts';
import { changedSections } from './blame.ts';
import { effectiveConfig } from './effective.ts';
import type { RemoteMetrics } from './metrics.ts';
import { problemText, readOffer, type Sections } from './offer.ts';
import { afterRestart, beginTrial, endTrial, goodConfig, loadState, type RemoteState, rememberGood, saveState } from './state.ts';

export interface RemoteDeps {
  /** The folder of `state.json`. */
  readonly dir: string;
  /** The agent's own sections, parsed, and all of its file as it was written. */
  readonly local: { readonly parsed: Sections; readonly written: Sections };
  readonly schema: z.ZodType;
  readonly remoteSchema: z.ZodType;
  readonly sections: readonly string[];
  readonly health: Pick<HealthTree, 'components' | 'onChange'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: RemoteMetrics;
  /** Around a change: systemd is told. */
  readonly reloading: (busy: boolean) => void;
}

export interface Remote extends AsyncDisposable {
  readonly inbound: Inbound;
  /** What is to run now: with it the parts are started. */
  sections(): Sections;
  /** The parts run with `sections()`, but for those of `behind`, which run with the agent's own sections and are brought up here. */
  begin(parts: readonly Part[], behind: readonly Part[]): Promise<void>;
  attach(connection: Pick<Connection, 'report'>): void;
  /**
   * The agent's own settings were read again: what no server set follows them. Resolves with why not, and what ran before runs again;
   * undefined when it is done. Sections without a part stay as they were until a restart.
   */
  reload(own: { readonly parsed: Sections; readonly written: Sections }): Promise<string | undefined>;
  /** Resolves when nothing is being applied. */
  idle(): Promise<void>;
}

interface Running {
  /** Undefined: the agent's own settings alone. */
  readonly hash: string | undefined;
  readonly sections: Sections;
  /** Those of `sections` that are the server's. */
  readonly theirs: Sections;
  readonly written: Sections;
}

export async function createRemote(settings: RemoteSettings, deps: RemoteDeps): Promise<Remote> {
  const { clock, log, metrics, health } = deps;
  let { local } = deps;
  const path = join(deps.dir, 'state.json');
  let own: Running = { hash: undefined, sections: local.parsed, theirs: {}, written: {} };
  let state: RemoteState;
  let running = own;
  let good = own;
  let parts: readonly Part[] = [];
  let report: Connection['report'] | undefined;
  let applying: RemoteConfigReport | undefined;
  let next: RemoteConfig | undefined;
  let work: Promise<void> | undefined;
  let ended = false;
  let calledOff = new AbortController();
  let cancelStart = () => {};

  const save = async (): Promise<void> => {
    try {
      await saveState(path, state);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      log.event('agent.remote.state-unwritable', { path, reason, hash: running.hash?.slice(0, 12) ?? 'none' });
    }
  };
  const read = (config: RemoteConfig, hash: string): Running | string => {
    const offer = readOffer(config.files, deps);
    if (!offer.ok) return problemText(offer.problems);
    const kept = Object.keys(offer.parsed).filter((section) => settings.localOnly.includes(section));
    if (kept.length > 0) log.event('agent.remote.local-only', { hash: hash.slice(0, 12), sections: kept.join(', ') });
    const allowed = (all: Sections) => Object.fromEntries(Object.entries(all).filter(([section]) => !kept.includes(section)));
    const theirs = allowed(offer.parsed);
    return { hash, sections: { ...local.parsed, ...theirs }, theirs, written: allowed(offer.written) };
  };
  const applyDeps = (): ApplyDeps => ({ clock, parts, health, settleMs: settings.settle, timeoutMs: settings.timeout });
  const tellStatus = (): void => {
    const { status } = state;
    if (applying !== undefined) report?.remoteConfig(applying);
    else if (status !== undefined)
      report?.remoteConfig({ hash: Buffer.from(status.hash, 'hex'), status: status.status, error: status.error });
  };
  const tellEffective = (): void => report?.effectiveConfig(effectiveConfig(deps.schema, local.written, running.written));

  const conclude = async (hash: string, status: 'applied' | 'failed', error: string): Promise<void> => {
    applying = undefined;
    state = { ...endTrial(state, hash, true), status: { hash, status, error } };
    // First on disk, then told: what the server was told must hold after a crash.
    await save();
    metrics.concluded(status);
    if (status === 'applied') log.event('agent.remote.applied', { hash: hash.slice(0, 12) });
    else log.event('agent.remote.failed', { hash: hash.slice(0, 12), reason: error.replaceAll('\n', '; ') });
    tellEffective();
    tellStatus();
  };
  const rollBack = async (hash: string): Promise<void> => {
    const failed = await putBack(running.sections, good.sections, applyDeps());
    for (const { section, reason } of failed) log.event('agent.remote.roll-back-failed', { section, reason });
    running = good;
    metrics.rolledBack();
    log.event('agent.remote.rolled-back', { hash: hash.slice(0, 12) });
  };
  const take = async (config: RemoteConfig): Promise<void> => {
    const hash = Buffer.from(config.hash).toString('hex');
    if (hash === running.hash && state.status?.hash === hash && state.status.status === 'applied') return tellStatus();
    log.event('agent.remote.offered', { hash: hash.slice(0, 12) });
    if (!settings.enabled) return conclude(hash, 'failed', 'remote configuration is switched off on this agent (remote.enabled)');
    const blamed = state.blamed[hash];
    if (blamed !== undefined) return conclude(hash, 'failed', blamed);
    const wanted = read(config, hash);
    if (typeof wanted === 'string') return conclude(hash, 'failed', wanted);
    const sections = changedSections(running.sections, wanted.sections);
    log.event('agent.remote.applying', { hash: hash.slice(0, 12), sections: sections.length === 0 ? 'no sections' : sections.join(', ') });
    applying = { hash: config.hash, status: 'applying', error: '' };
    state = beginTrial(state, hash, 'applying');
    await save();
    tellStatus();
    deps.reloading(true);
    const before = running.sections;
    const done = await put(before, wanted.sections, applyDeps());
    // Also after a failure: some of its sections may be in place, and are what has to be put back.
    running = wanted;
    const outcome = done.kind === 'good' ? await settled(before, wanted.sections, applyDeps(), calledOff.signal) : done;
    switch (outcome.kind) {
      case 'good':
        good = wanted;
        state = rememberGood(state, hash, config);
        await conclude(hash, 'applied', '');
        break;
      case 'bad':
        await rollBack(hash);
        await conclude(hash, 'failed', outcome.reason);
        break;
      case 'called-off':
        // A newer one is there, or the agent ends: nothing was found out about this one.
        applying = undefined;
        state = endTrial(state, hash, false);
        await save();
        break;
      default:
        return outcome satisfies never;
    }
    deps.reloading(false);
  };
  const run = (): void => {
    work ??= (async () => {
      while (next !== undefined && !ended) {
        const config = next;
        next = undefined;
        calledOff = new AbortController();
        await take(config);
      }
    })()
      .catch((cause: unknown) => log.event('agent.remote.failed', { hash: 'in hand', reason: 'a mistake of ours' }, cause))
      .finally(() => {
        work = undefined;
        if (next !== undefined && !ended) run();
      });
  };

  const loaded = await loadState(path);
  if (loaded.putAside !== undefined) log.event('agent.remote.state-unreadable', { path, reason: loaded.putAside });
  const restarted = afterRestart(loaded.state);
  state = restarted.state;
  for (const { hash, deaths } of restarted.blamed) log.event('agent.remote.blamed', { hash: hash.slice(0, 12), deaths });
  const last = settings.enabled ? goodConfig(state) : undefined;
  if (last !== undefined && state.good !== undefined) {
    const { hash } = state.good;
    const wanted = read(last, hash);
    if (typeof wanted === 'string') {
      // Good for an older version of the agent, or for other local settings.
      state = { ...state, status: { hash, status: 'failed', error: wanted } };
      log.event('agent.remote.failed', { hash: hash.slice(0, 12), reason: wanted.replaceAll('\n', '; ') });
    } else {
      good = wanted;
      running = wanted;
      state = beginTrial(state, hash, 'starting');
      if (state.status === undefined) state = { ...state, status: { hash, status: 'applied', error: '' } };
      log.event('agent.remote.last-good', { hash: hash.slice(0, 12) });
    }
  }
  if (loaded.putAside !== undefined || restarted.blamed.length > 0 || last !== undefined) await save();

  return {
    inbound: {
      remoteConfig(config) {
        if (ended) return;
        next = config;
        calledOff.abort();
        if (parts.length > 0) run();
      },
    },
    sections: () => running.sections,
    async begin(all, behind) {
      parts = all;
      const late = Object.fromEntries(behind.map(({ name }) => [name, running.sections[name]]));
      const done = await put(
        { ...running.sections, ...Object.fromEntries(behind.map(({ name }) => [name, local.parsed[name]])) },
        { ...running.sections, ...late },
        applyDeps(),
      );
      if (done.kind === 'bad' && running.hash !== undefined) {
        const { hash } = running;
        good = own;
        await rollBack(hash);
        await conclude(hash, 'failed', done.reason);
      }
      const started = running.hash;
      if (started !== undefined)
        cancelStart = clock.after(settings.settle, () => {
          state = endTrial(state, started, true);
          void save();
        });
      if (next !== undefined) run();
    },
    attach(connection) {
      ({ report } = connection);
      tellEffective();
      tellStatus();
    },
    async reload(written) {
      while (work !== undefined) await work;
      const named = new Set(parts.map(({ name }) => name));
      const parsed = Object.fromEntries(
        Object.entries({ ...local.parsed, ...written.parsed }).map(([name, value]) => [name, named.has(name) ? value : local.parsed[name]]),
      );
      const after = { ...parsed, ...running.theirs };
      const before = running.sections;
      const changing = (async () => {
        const outcome = await put(before, after, applyDeps());
        if (outcome.kind === 'bad') {
          for (const { section, reason } of await putBack(after, before, applyDeps()))
            log.event('agent.remote.roll-back-failed', { section, reason });
          return outcome.reason;
        }
        local = { parsed, written: written.written };
        own = { ...own, sections: parsed };
        good = { ...good, sections: { ...parsed, ...good.theirs } };
        running = { ...running, sections: after };
        tellEffective();
        return undefined;
      })();
      // Configurations of the server wait so long.
      work = changing.then(
        () => undefined,
        () => undefined,
      );
      try {
        return await changing;
      } finally {
        work = undefined;
        if (next !== undefined && !ended) run();
      }
    },
    async idle() {
      while (work !== undefined) await work;
    },
    async [Symbol.asyncDispose]() {
      ended = true;
      cancelStart();
      calledOff.abort();
      while (work !== undefined) await work;
      // Ending in order says nothing against what was being tried.
      if (running.hash !== undefined) state = endTrial(state, running.hash, false);
      await save();
    },
  };
}
