import type { Problem } from '../../core/problem.ts';
import type { Link, Listener, Registration, Workload } from '../../network/model.ts';
import type { Context } from './context.ts';

export type LinkDraft = Omit<Link, 'id' | 'workloadId'>;
export type ListenerDraft = Omit<Listener, 'namespaceId' | 'workloadId'>;
type RegistrationDraft = Omit<Registration, 'id' | 'workloadId'>;

/** What a program says about the workload that it looked into. */
export interface AgentFacts {
  readonly links: readonly LinkDraft[];
  readonly listeners: readonly ListenerDraft[];
  readonly registrations: readonly RegistrationDraft[];
  readonly problems: readonly Problem[];
  /**
   * True when the program knows which ports its image listens on, so that exposed and published ports
   * need not be taken as a hint. Never says that there are no others.
   */
  readonly listenersKnown: boolean;
  /**
   * True when what it says may not be all, because a script or a mounted file that it does not read has a say: then exposed
   * and published ports are a hint beside it.
   */
  readonly listenersOpen?: boolean;
}

/**
 * A program whose settings we can read: a folder under `programs/` whose name is its name. Programs are islands: none
 * imports another; what they share lies beside `programs/`.
 *
 * Contract (`programs.test.ts` runs it for all members):
 * - `matches` is cheap, opens nothing and never throws;
 * - `read` is called only for workloads that match; it opens files only through `context`, never throws, and its time is
 *   bounded by the size of what it reads;
 * - every fact has an origin, a file's place wherever somebody wrote the value; a default says whose default it is;
 * - a setting that it interprets is asked for through `context` (`variable`, `flag`), which keeps the generic
 *   conventions from reading it a second time with less knowledge;
 * - no password gets into `raw`; an unspecified address (0.0.0.0) is never a link.
 */
export interface Program {
  readonly name: string;
  matches(workload: Workload): boolean;
  read(workload: Workload, context: Context): AgentFacts;
}

export const noFacts: AgentFacts = { links: [], listeners: [], registrations: [], problems: [], listenersKnown: false };

export function facts(some: Partial<AgentFacts>): AgentFacts {
  return { ...noFacts, ...some };
}

export function joinFacts(all: readonly AgentFacts[]): AgentFacts {
  return {
    links: all.flatMap((one) => one.links),
    listeners: all.flatMap((one) => one.listeners),
    registrations: all.flatMap((one) => one.registrations),
    problems: all.flatMap((one) => one.problems),
    listenersKnown: all.some((one) => one.listenersKnown),
    listenersOpen: all.some((one) => one.listenersOpen === true),
  };
}
