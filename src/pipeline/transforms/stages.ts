/** How steps become stages: neighbours that change fields are put together, so that a record is taken apart and written once. */
import type { LogBatch } from '../batch.ts';
import type { StepCounters } from './chain.ts';
import type { Step } from './step.ts';
import type { Trouble } from './trouble.ts';

/** A transform with the steps that it compiled to; there is always one. */
export interface Compiled {
  readonly name: string;
  readonly type: string;
  /** Its settings as text: what is equal goes on with what it remembers. */
  readonly key: string;
  readonly steps: readonly Step[];
  readonly counters: StepCounters;
  readonly trouble: Trouble;
}

export interface Placed<S extends Step = Step> {
  readonly step: S;
  readonly owner: Compiled;
  /** The first and last of the owner's steps count what comes in and goes out. */
  readonly first: boolean;
  readonly last: boolean;
}

export type Group =
  | { readonly kind: 'alone'; readonly placed: Placed }
  /** Begins with a step that changes fields. */
  | { readonly kind: 'fused'; readonly placed: readonly Placed[] };

/** `shown`: names of transforms whose result has to exist as bytes, because somebody looks at it. */
export function groupsOf(compiled: readonly Compiled[], shown: ReadonlySet<string>): readonly Group[] {
  const groups: Group[] = [];
  let open: Placed[] | undefined;
  for (const placed of compiled.flatMap(place)) {
    const { step } = placed;
    const { kind } = step;
    if (kind === 'rewrite' || (kind === 'pick' && step.wholeRecord === true)) open = undefined;
    if (open === undefined && kind === 'change') {
      open = [];
      groups.push({ kind: 'fused', placed: open });
    }
    if (open === undefined) groups.push({ kind: 'alone', placed });
    else open.push(placed);
    if (placed.last && shown.has(placed.owner.name)) open = undefined;
  }
  return groups;
}

function place(owner: Compiled): readonly Placed[] {
  return owner.steps.map((step, index) => ({ step, owner, first: index === 0, last: index === owner.steps.length - 1 }));
}

/** What a stage did with a batch: another one, nothing of it left, or there was no memory and nothing was done. */
export type Outcome = LogBatch | undefined | 'wait';

export interface Stage {
  run(batch: LogBatch): Outcome;
  /** The transform that is through after this stage, if one is. */
  readonly completes: string | undefined;
}
