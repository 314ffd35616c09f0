/** Transforms compiled together into one chain. */

import type { LogBatch } from '../batch.ts';
import { createOutputs } from '../encode/output.ts';
import { inTurn } from '../encode/turns.ts';
import type { Chain, ChainContext, StepCounters } from './chain.ts';
import type { TransformSettings } from './index.ts';
import { compileTransform } from './kinds.ts';
import { letGo, stageOf, unchanged } from './run-stages.ts';
import type { Compiled, Stage } from './stages.ts';
import { groupsOf } from './stages.ts';
import { Trouble } from './trouble.ts';

export interface NamedTransform {
  readonly name: string;
  readonly settings: TransformSettings;
}

/** Batches of one chain that may be further down at once; sinks that are away keep them. */
const reserve = 8;

/**
 * `previous`: the chain that this one takes the place of. A transform of the same name and the same settings goes on with all it remembers (what it has seen,
 * what it has counted), and is not closed with that chain. Batches that are still in the previous chain may finish there.
 */
export function compileChain(steps: readonly NamedTransform[], context: ChainContext, previous?: Chain): Chain {
  const before = previous instanceof CompiledChain ? previous : undefined;
  return new CompiledChain(
    steps.map((step) => before?.handOver(step, context) ?? compileOne(step, context)),
    context,
  );
}

const keyOf = ({ settings }: NamedTransform): string => JSON.stringify(settings);

function compileOne(step: NamedTransform, context: ChainContext, counters = newCounters(step)): Compiled {
  const steps = compileTransform(step.settings, { ...context, counters });
  return {
    ...{ name: step.name, type: step.settings.type, key: keyOf(step), counters, trouble: new Trouble(counters) },
    steps: steps.length === 0 ? [unchanged] : steps,
  };
}

const newCounters = ({ name, settings }: NamedTransform): StepCounters => ({
  name,
  type: settings.type,
  in: 0,
  out: 0,
  parsed: 0,
  errors: 0,
});

/** A batch on its way, with the stages that were planned when it came. */
interface Job {
  readonly stages: readonly Stage[];
  next: number;
  batch: LogBatch | undefined;
}

class CompiledChain implements Chain {
  readonly counters: readonly StepCounters[];
  readonly #compiled: readonly Compiled[];
  /** Looked at for the chain that comes after this one; of these, handed over to it. */
  readonly #claimed = new Set<Compiled>();
  readonly #handedOver = new Set<Compiled>();
  readonly #listeners = new Map<string, Set<(batch: LogBatch) => void>>();
  readonly #context: ChainContext;
  readonly #outputs;
  readonly #work: (job: Job) => Job | Promise<Job>;
  #stages: readonly Stage[];

  constructor(compiled: readonly Compiled[], context: ChainContext) {
    this.#context = context;
    this.#compiled = compiled;
    this.counters = compiled.map(({ counters }) => counters);
    this.#outputs = createOutputs(context.slabs, reserve);
    this.#stages = this.#plan();
    this.#work = inTurn(
      (job: Job) => this.#run(job),
      () => this.#outputs.available(),
    );
  }

  apply(batch: LogBatch): LogBatch | undefined | Promise<LogBatch | undefined> {
    const job = this.#work({ stages: this.#stages, next: 0, batch });
    return job instanceof Promise ? job.then((done) => done.batch) : job.batch;
  }

  /** Undefined: no memory; the job remembers how far it came. */
  #run(job: Job): Job | undefined {
    if (job.batch?.count === 0) job.batch = letGo(job.batch);
    while (job.batch !== undefined) {
      const stage = job.stages[job.next];
      if (stage === undefined) break;
      const outcome = stage.run(job.batch);
      if (outcome === 'wait') return undefined;
      job.next += 1;
      job.batch = outcome;
      if (stage.completes !== undefined && outcome !== undefined) this.#show(stage.completes, outcome);
    }
    for (const { trouble } of this.#compiled) trouble.look(this.#context);
    return job;
  }

  #show(name: string, batch: LogBatch): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(batch);
  }

  #plan(): readonly Stage[] {
    return groupsOf(this.#compiled, new Set(this.#listeners.keys())).map((group) => stageOf(group, this.#outputs));
  }

  tap(step: string, listener: (batch: LogBatch) => void): () => void {
    const listeners = this.#listeners.get(step) ?? new Set();
    const isNew = listeners.size === 0;
    listeners.add(listener);
    this.#listeners.set(step, listeners);
    if (isNew) this.#stages = this.#plan();
    return () => {
      if (!listeners.delete(listener) || listeners.size > 0) return;
      this.#listeners.delete(step);
      this.#stages = this.#plan();
    };
  }

  handOver(step: NamedTransform, context: ChainContext): Compiled | undefined {
    // A chain may have a transform twice, and each of the two remembers for itself.
    const known = this.#compiled.find((one) => one.name === step.name && one.type === step.settings.type && !this.#claimed.has(one));
    if (known === undefined) return undefined;
    this.#claimed.add(known);
    if (known.key !== keyOf(step)) return compileOne(step, context, known.counters);
    this.#handedOver.add(known);
    for (const one of known.steps) if (one.kind === 'pick') one.renew?.({ ...context, counters: known.counters });
    return known;
  }

  close(): void {
    for (const compiled of this.#compiled)
      if (!this.#handedOver.has(compiled)) for (const step of compiled.steps) if (step.kind === 'pick') step.close?.();
  }
}
