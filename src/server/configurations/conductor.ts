/**
 * Moves rollouts: keeps a gate for each that is under way, feeds it with what agents report, and takes the step that the gate's
 * verdict asks for. A step is one commit that holds only if the rollout is as it was when the step was decided, so a restart in the
 * middle, or another server with the same idea, repeats nothing.
 */
import type { AgentBook } from './agent-book.ts';
import type { AgentFacts, Outcome, RolloutCounts } from './configurations.ts';
import { type Context, carryOut, isRefusal, type Plan, putChange, refusal, unchanged } from './context.ts';
import type { Follower } from './follower.ts';
import { createGate, type Gate } from './gate.ts';
import { keys, type QuarantineRecord, type RolloutRecord } from './records.ts';
import { end, forward, populationOf, type Step } from './rollout-plan.ts';
import { isActive, type Resolution } from './rules.ts';
import { stageText } from './select.ts';

interface Run {
  readonly id: string;
  readonly gate: Gate;
  timer?: { readonly at: number; readonly cancel: () => void };
  /** A step is being committed. */
  busy: boolean;
}

export interface Conductor extends AsyncDisposable {
  /** Something stored changed: begins to watch what is under way, forgets what ended, looks at every agent once. */
  sync(): void;
  observed(agent: AgentFacts): void;
  forget(uid: string): void;
  counts(id: string): RolloutCounts | undefined;
  /** What it waits for. */
  waitsFor(rollout: RolloutRecord): string;
  /** Carries a step out; `decide` is asked again whenever somebody else was faster. */
  step(id: string, decide: (rollout: RolloutRecord) => Step | Outcome<never>): Promise<Outcome<RolloutRecord>>;
  ranks(rollout: RolloutRecord): readonly number[];
  /** Resolves when no step is under way. */
  settled(): Promise<void>;
}

export const machine = 'fairlead';
const retryAfterMs = 2_000;

export function createConductor(context: Context, follower: Follower, book: AgentBook): Conductor {
  const { mirror, agents, clock, log, metrics } = context;
  const runs = new Map<string, Run>();
  const runOf = new Map<string, string>();
  const steps = new Set<Promise<unknown>>();
  let closed = false;

  const recordOf = (id: string) => mirror.stored.rollouts.get(id);

  function track(agent: AgentFacts, { rollout, stage }: Resolution): Run | undefined {
    const run = rollout === undefined || stage === undefined ? undefined : runs.get(rollout.id);
    const before = runOf.get(agent.uid);
    if (before !== undefined && before !== run?.id) runs.get(before)?.gate.remove(agent.uid);
    if (run === undefined || rollout === undefined) {
      runOf.delete(agent.uid);
      return before === undefined ? undefined : runs.get(before);
    }
    runOf.set(agent.uid, run.id);
    const refused = book.get(agent.uid)?.bad.some(({ hash }) => hash === rollout.toHash) ?? false;
    const { liveness, healthy, config } = agent;
    run.gate.observe(agent.uid, { liveness, healthy, config, refused }, clock.monotonicMs());
    return run;
  }

  function evaluate(run: Run): void {
    const rollout = recordOf(run.id);
    if (closed || run.busy || !isActive(rollout)) return;
    run.gate.tick(clock.monotonicMs());
    const verdict = run.gate.verdict(rollout.stage === rollout.stages.length - 1);
    if (verdict.kind === 'fail') return decide(run, (now) => end(mirror.stored, now, 'rolled-back', machine, clock.now(), verdict.reason));
    const { stage } = rollout;
    if (verdict.kind === 'pass' && rollout.state === 'running')
      // Decided for this stage: when an operator was faster, there is nothing left to do.
      return decide(run, (now) =>
        now.stage === stage && now.state === 'running'
          ? forward(mirror.stored, now, ranks(now), machine, clock.now())
          : refusal('conflict', 'the rollout has moved', ''),
      );
    arm(run, run.gate.nextAt());
  }

  function arm(run: Run, at: number | undefined): void {
    if (run.timer !== undefined && at !== undefined && run.timer.at <= at) return;
    run.timer?.cancel();
    delete run.timer;
    if (at === undefined) return;
    const cancel = clock.after(Math.max(0, at - clock.monotonicMs()), () => {
      delete run.timer;
      evaluate(run);
    });
    run.timer = { at, cancel };
  }

  function decide(run: Run, what: Parameters<Conductor['step']>[1]): void {
    run.busy = true;
    const taken = step(run.id, what)
      .then(
        () => {
          run.busy = false;
          evaluateSoon(run);
        },
        (thrown: unknown) => {
          run.busy = false;
          metrics.storeFailures.inc();
          log.event('configurations.store-failed', { what: `a step of rollout ${run.id}` }, thrown);
          arm(run, clock.monotonicMs() + retryAfterMs);
        },
      )
      .finally(() => steps.delete(taken));
    steps.add(taken);
  }

  function evaluateSoon(run: Run): void {
    if (runs.get(run.id) === run) evaluate(run);
  }

  const ranks = ({ id, configuration, fromVersion }: RolloutRecord) =>
    populationOf(id, configuration, fromVersion, agents, follower.resolution).ranks;

  async function step(id: string, decideStep: Parameters<Conductor['step']>[1]): Promise<Outcome<RolloutRecord>> {
    const outcome = await carryOut(mirror, (): Plan<RolloutRecord> | ReturnType<typeof refusal> => {
      const rollout = recordOf(id);
      if (rollout === undefined) return refusal('not-found', `there is no rollout ${id}`, 'list the rollouts');
      if (!isActive(rollout)) return refusal('rollout-ended', `rollout ${id} is ${rollout.state}`, 'start another one');
      const next = decideStep(rollout);
      if (!('rollout' in next)) {
        if (isRefusal(next)) return next;
        return refusal('nothing-to-do', 'nothing changed', '');
      }
      return planOf(next);
    });
    if (outcome.ok) report(outcome.value);
    return outcome;
  }

  function planOf({ rollout, head, assignments, quarantine }: Step): Plan<RolloutRecord> {
    const touched = [
      { key: keys.rollout(rollout.id), value: rollout },
      ...(head === undefined ? [] : [{ key: keys.head(head.name), value: head }]),
      ...assignments.map((one) => ({ key: keys.assignment(one.name), value: one })),
    ];
    const { toHash: hash, configuration, toVersion: version, reason, id } = rollout;
    const bad: QuarantineRecord = { hash, configuration, version, reason, rollout: id, sinceMs: clock.now() };
    return {
      conditions: unchanged(mirror, ...touched.map(({ key }) => key)),
      changes: [...touched.map(({ key, value }) => putChange(key, value)), ...(quarantine ? [putChange(keys.quarantine(hash), bad)] : [])],
      done: () => rollout,
    };
  }

  function report({
    id,
    state,
    configuration,
    fromVersion: from,
    toVersion: to,
    toHash: hash,
    reason,
    stages,
    stage,
    history,
  }: RolloutRecord): void {
    const { actor = machine, what = '' } = history.at(-1) ?? {};
    const fields = { rollout: id, configuration, from, to, actor };
    if (state === 'completed') log.event('configurations.rollout-completed', fields);
    else if (state === 'rolled-back') log.event('configurations.rolled-back', { ...fields, hash, reason });
    else if (state === 'aborted') log.event('configurations.rollout-aborted', { ...fields, reason });
    else if (what === 'paused') log.event('configurations.rollout-paused', fields);
    else if (what === 'resumed') log.event('configurations.rollout-resumed', fields);
    else log.event('configurations.rollout-stage', { ...fields, stage: stageText(stages[stage]) });
    if (!isActive({ state } as RolloutRecord)) metrics.rolloutsEnded.inc({ state });
  }

  function drop(run: Run): void {
    run.timer?.cancel();
    runs.delete(run.id);
  }

  return {
    step,
    ranks,
    counts: (id) => {
      const counts = runs.get(id)?.gate.counts;
      return counts === undefined ? undefined : { ...counts };
    },
    waitsFor({ id, state, stage, stages, reason }) {
      const verdict = runs.get(id)?.gate.verdict(stage === stages.length - 1);
      if (state !== 'running' && state !== 'paused') return reason;
      return `${state === 'paused' ? 'paused; ' : ''}${verdict?.kind === 'wait' ? `waits for: ${verdict.reason}` : ''}`;
    },
    sync() {
      const { active } = context.rules();
      const ids = new Set([...active.values()].map(({ id }) => id));
      for (const run of [...runs.values()]) if (!ids.has(run.id)) drop(run);
      for (const { id, toHash, gate } of active.values())
        if (!runs.has(id)) runs.set(id, { id, gate: createGate(toHash, gate), busy: false });
      if (runs.size === 0) return void runOf.clear();
      for (const agent of agents.all()) track(agent, follower.resolution(agent));
      for (const run of runs.values()) evaluate(run);
    },
    observed(agent) {
      if (runs.size === 0) return;
      const run = track(agent, follower.resolution(agent));
      if (run !== undefined) evaluate(run);
    },
    forget(uid) {
      const run = runs.get(runOf.get(uid) ?? '');
      runOf.delete(uid);
      run?.gate.remove(uid);
      if (run !== undefined) evaluate(run);
    },
    async settled() {
      while (steps.size > 0) await Promise.all(steps);
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      for (const run of [...runs.values()]) drop(run);
      while (steps.size > 0) await Promise.all(steps);
    },
  };
}
