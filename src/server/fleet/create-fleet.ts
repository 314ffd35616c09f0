/** The fleet: every agent in memory, its durable part in the store under `agents/<uid>`, its silence judged by the detector. */
import type { Registry } from 'prom-client';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import type { Detector } from '../liveness/detector.ts';
import type { Store } from '../store/store.ts';
import type { AgentRecord, LivenessPolicy } from './agent.ts';
import { createChangeRecord } from './change-record.ts';
import { createIntake } from './create-intake.ts';
import { enrol } from './enrol.ts';
import type { Enrolment, Fleet } from './fleet.ts';
import type { FleetIntake } from './intake.ts';
import type { Interner } from './intern.ts';
import { createInterner } from './intern.ts';
import { fleetMetrics } from './metrics.ts';
import { forgetOutages } from './outages.ts';
import { parseRecord, recordKey, recordPrefix, recordText, settled } from './record.ts';
import type { PolicyOf, Roster } from './roster.ts';
import { createRoster } from './roster.ts';
import { watchLiveness } from './watch-liveness.ts';
import { createWriter } from './writer.ts';

export interface FleetOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  /** A new one with the same `tickMs`: the fleet fills it with the agents that it loads. */
  readonly detector: Detector;
  readonly defaults: LivenessPolicy;
  /** Policies of groups (by labels). Left out: the default, with the agent's own on top. */
  readonly policyOf?: PolicyOf;
  /** How often silence is looked at. */
  readonly tickMs?: number;
}

/** An agent that is late is noticed within this much of its moment; beats are noted at once. */
const defaultTickMs = 1_000;

export async function createFleet(options: FleetOptions): Promise<Fleet & FleetIntake> {
  const { store, clock, log, registry, detector, defaults, tickMs = defaultTickMs } = options;
  const intern = createInterner();
  const roster = createRoster(detector, clock, options.policyOf ?? ((_labels, own) => ({ ...defaults, ...own })));
  const writer = createWriter({
    store,
    clock,
    textOf(uid) {
      const record = roster.record(uid);
      return { key: recordKey(uid), value: record && recordText(record) };
    },
    onFailure: (error, waiting) => log.event('fleet.store-failed', { waiting }, error),
  });
  const metrics = fleetMetrics(registry, {
    byState: () => detector.counts(),
    waiting: () => writer.waiting,
    braked: () => detector.brake() !== undefined,
    conflicts: () => [...roster.all()].filter((agent) => agent.conflict !== undefined).length,
  });
  const change = createChangeRecord(roster, writer, detector);

  async function remove(uid: string, reason: string): Promise<void> {
    const agent = roster.present(uid);
    if (agent === undefined) return;
    const { name } = agent.record;
    agent.leaving = true;
    try {
      await writer.alone(
        () => ({ changes: [{ kind: 'delete', key: recordKey(uid) }] }),
        () => roster.withdraw(uid),
      );
    } catch (error) {
      agent.leaving = false;
      throw error;
    }
    metrics.removals.inc();
    log.event('fleet.removed', { uid, name, reason });
    roster.emit({ kind: 'removed', uid });
    await forgetOutages(store, uid);
  }

  await load(store, roster, intern, log);
  const watch = watchLiveness({
    roster,
    detector,
    writer,
    clock,
    log,
    metrics,
    tickMs,
    expired({ record }, reason) {
      if (!record.ephemeral) return;
      remove(record.uid, `ephemeral, and ${reason}`).catch((error: unknown) =>
        log.event('fleet.store-failed', { waiting: writer.waiting }, error),
      );
    },
  });

  async function changed(uid: string, patch: (record: AgentRecord) => AgentRecord): Promise<AgentRecord> {
    await change(uid, patch);
    const agent = roster.present(uid);
    if (agent === undefined) throw new Error(`the fleet knows no agent ${uid}`);
    roster.emit({ kind: 'labels', uid });
    return agent.record;
  }

  const enrolWith: Fleet['enrolWith'] = async (enrolment: Enrolment, along) => {
    const result = await enrol({ roster, store, change, intern, clock, log }, enrolment, along);
    if (!result.ok) return result;
    metrics.enrolments.inc();
    roster.emit({ kind: 'enrolled', uid: enrolment.uid });
    return result;
  };

  return {
    get size() {
      return roster.size;
    },
    get: (uid) => roster.present(uid),
    named: (name) => roster.named(name),
    all: () => roster.all(),
    async enrol(enrolment) {
      const result = await enrolWith(enrolment, { changes: [] });
      if (!result.ok) throw new Error(`the agent ${enrolment.uid} is in the store and not in the fleet`);
      return result.record;
    },
    enrolWith,
    policy(uid) {
      const agent = roster.present(uid);
      return agent && roster.policy(agent.record);
    },
    setLabels: (uid, operatorLabels) => changed(uid, (record) => settled({ ...record, operatorLabels }, intern)),
    setPolicy: (uid, policy) => changed(uid, ({ policy: _before, ...record }) => (policy === undefined ? record : { ...record, policy })),
    remove,
    brake: () => detector.brake(),
    onChange: (listener) => roster.onChange(listener),
    ...createIntake({ roster, writer, detector, intern, clock, log, soon: watch.soon }),
    async [Symbol.asyncDispose]() {
      watch.stop();
      await writer.close();
    },
  };
}

async function load(store: Store, roster: Roster, intern: Interner, log: Log): Promise<void> {
  let after: string | undefined;
  for (let more = true; more; ) {
    const page = await store.list(recordPrefix, { limit: 500, ...(after === undefined ? {} : { after }) });
    for (const { key, value } of page.entries) {
      const record = parseRecord(value, intern);
      if (record === undefined) log.event('fleet.record-unreadable', { key });
      else roster.admit(record);
    }
    after = page.entries.at(-1)?.key;
    more = page.more && after !== undefined;
  }
  log.event('fleet.loaded', { count: roster.size });
}
