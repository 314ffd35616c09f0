import type { Outcome } from '../probe.ts';
import type { Client, Question, Target, Topology } from '../topology.ts';

/** Engines that the rows need: with the defaults, without docker-proxy, with `--icc=false` for the default bridge. */
export const engineKinds = ['default', 'no-proxy', 'icc-false'] as const;
export type EngineKind = (typeof engineKinds)[number];

export const kindOptions: Readonly<Record<EngineKind, { readonly userlandProxy: boolean; readonly daemonArgs: readonly string[] }>> = {
  default: { userlandProxy: true, daemonArgs: [] },
  'no-proxy': { userlandProxy: false, daemonArgs: [] },
  'icc-false': { userlandProxy: true, daemonArgs: ['--icc=false'] },
};

/** What the engine does, where versions differ by version; a version that is absent is not asked. */
export type Expected = Outcome | Readonly<Record<string, Outcome>>;

export interface Row {
  readonly id: string;
  /** Where the claim comes from: `T8` is row 8 of docker-networking.md §3, `L` the table of lab.md §3, `M` was measured first here. */
  readonly source: string;
  readonly question: Question;
  readonly expected: Expected;
  /** Name of the container (or place) that must have answered. */
  readonly by?: string;
  /** Where the documentation says something else than the engine does. */
  readonly note?: string;
  /** Why it cannot run here. */
  readonly cannot?: string;
  readonly timeoutMs?: number;
  /** What happened is in no input of the product, so the model is not asked. */
  readonly unstated?: boolean;
}

/** Rows that share one realised topology. */
export interface Group {
  readonly id: string;
  readonly engine: EngineKind;
  readonly topology: Topology;
  /** Only these versions; all when absent. */
  readonly versions?: readonly string[];
  /**
   * Commands in the host's network namespace after everything runs: what other programs do to the host behind Docker's back.
   * They are undone afterwards. No input file states such facts, so the model is not asked about these rows.
   */
  readonly tamper?: readonly (readonly string[])[];
  readonly rows: readonly Row[];
}

export function expectedFor(row: Row, version: string): Outcome | undefined {
  return typeof row.expected === 'string' ? row.expected : row.expected[version];
}

/** Helpers that keep the tables readable. */
export const host: Client & Target = { kind: 'place', place: 'host' };
export const host6: Target = { kind: 'place', place: 'host', family: 6 };
export const remote: Client & Target = { kind: 'place', place: 'remote' };
export const remote6: Target = { kind: 'place', place: 'remote', family: 6 };
export const near: Client = { place: 'near' };

export function ip(container: string, network: string, family: 4 | 6 = 4): Target {
  return { kind: 'container', container, network, family };
}

export function gateway(network: string, family: 4 | 6 = 4): Target {
  return { kind: 'gateway', network, family };
}

export interface RowExtras {
  readonly transport?: Question['transport'];
  readonly by?: string;
  readonly note?: string;
  readonly cannot?: string;
  readonly timeoutMs?: number;
  readonly unstated?: boolean;
}

/** A row: id, source, who dials what, what happens. A string as client is a container, as target a literal. */
export function row(
  id: string,
  source: string,
  from: string | Client,
  to: string | Target,
  port: number,
  expected: Expected,
  extras: RowExtras = {},
): Row {
  const { transport = 'tcp', ...rest } = extras;
  const question: Question = {
    from: typeof from === 'string' ? { container: from } : from,
    to: typeof to === 'string' ? { kind: 'literal', host: to } : to,
    port,
    transport,
  };
  return { id, source, question, expected, ...rest };
}

/** Differs between the three versions. */
export function versions(v20: Outcome, v26: Outcome, v28: Outcome): Expected {
  return { '20.10': v20, '26.1': v26, '28.5': v28 };
}
