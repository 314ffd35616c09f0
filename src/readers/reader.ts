/**
 * What every reader gives: a part of a model. `assemble` (index.ts) joins the parts of all inputs into one model and
 * then lets `agents/` look into each workload for links, listeners and registrations.
 *
 * Contract for a reader:
 * - it never throws for bad input: what is wrong becomes a `Problem` with a place, and the rest is still read;
 * - every fact has an origin; values that travelled (override, anchor, extends, interpolation) list the hops;
 * - time and memory are bounded whatever the input;
 * - it opens nothing but through the `Files` it is given (the engine reader: also its socket and /proc).
 */

import type { Problem } from '../core/problem.ts';
import type { Environment } from '../network/environment.ts';
import type { Endpoint, Link, Listener, Namespace, Network, Publication, Registration, Workload } from '../network/model.ts';

export interface ModelPart {
  readonly namespaces: readonly Namespace[];
  readonly workloads: readonly Workload[];
  readonly networks: readonly Network[];
  readonly endpoints: readonly Endpoint[];
  readonly listeners: readonly Listener[];
  readonly publications: readonly Publication[];
  readonly links: readonly Link[];
  readonly registrations: readonly Registration[];
  readonly problems: readonly Problem[];
  /** What the input says about engine and host (an engine reader does); overridden by flags. */
  readonly environment?: Partial<Environment>;
}

export const emptyPart: ModelPart = {
  namespaces: [],
  workloads: [],
  networks: [],
  endpoints: [],
  listeners: [],
  publications: [],
  links: [],
  registrations: [],
  problems: [],
};
