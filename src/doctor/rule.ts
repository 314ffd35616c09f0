/**
 * The interface of a rule. A rule is a folder `rules/<name>/` with `rule.ts`, `doc.md` (whose examples are its tests)
 * and nothing else; rules do not import each other. `rules/index.ts` lists them all.
 */
import type { FileOrigin } from '../core/origin.ts';
import type { Applicability, Evidence, Question, Severity, Verdict } from '../network/answer.ts';
import type { Lookup } from '../network/lookup.ts';
import type { Link, Model, Transport } from '../network/model.ts';

export interface Rule {
  /** `R01`: stable for ever. */
  readonly id: string;
  /** The folder's name; states the fault: `localhost-in-container`. */
  readonly name: string;
  /** One line for lists: `a container dials localhost for something outside of it`. */
  readonly title: string;
  readonly severity: Severity;
  /** False for what fires on most files: asked for with --rule or in the configuration file. */
  readonly onByDefault: boolean;
  /** Pure. Must be silent where a fact is missing, unless the missing fact is itself the finding. */
  check(context: RuleContext): Iterable<DraftFinding>;
}

export interface JudgedLink {
  readonly link: Link;
  /** Undefined when the link's host or port cannot be evaluated, or a browser or an outsider evaluates it. */
  readonly verdict: Verdict | undefined;
}

export interface RuleContext {
  readonly model: Model;
  readonly lookup: Lookup;
  readonly links: readonly JudgedLink[];
  /** Asks the reach engine; answers are remembered. */
  ask(question: Question): Verdict;
}

export interface DraftFinding {
  readonly subject: string;
  /** Overrides the rule's severity: lower where the evidence is weaker. */
  readonly severity?: Severity;
  readonly message: string;
  readonly evidence: readonly [Evidence, ...Evidence[]];
  readonly reasons?: readonly string[];
  readonly symptom?: string;
  readonly verdict?: Verdict;
  readonly fixes?: readonly FixPlan[];
}

/** A fix as intent; `fixes/` turns it into edits of the source text, proves it, and drops it when the proof fails. */
export interface FixPlan {
  readonly title: string;
  readonly applicability: Applicability;
  readonly changes: readonly Change[];
  /**
   * Must be reachable on the patched model (and was not before). Without it the proof is that the rule no longer
   * reports this finding.
   */
  readonly turns?: Question;
}

/** Edits in the words of the model; each format (Compose, docker command lines) knows how to write them down. */
export type Change =
  /** Replace the text of an exact origin (a host, a port, a whole value). */
  | { readonly kind: 'replace'; readonly origin: FileOrigin; readonly text: string }
  | { readonly kind: 'add-extra-host'; readonly workloadId: string; readonly name: string; readonly address: string }
  /** Attach to a network that exists in the model; Compose adds `default` where the service was on it implicitly. */
  | { readonly kind: 'attach-network'; readonly workloadId: string; readonly networkId: string }
  /** Move a container from the default bridge to a user-defined network, which is made when the model does not hold it. */
  | { readonly kind: 'move-to-network'; readonly workloadId: string; readonly networkId: string }
  | {
      readonly kind: 'publish';
      readonly workloadId: string;
      readonly hostIp?: string;
      readonly hostPort: number;
      readonly containerPort: number;
      readonly transport: Transport;
    }
  /** Another address of the host for a published port that is there; `origin` is the publication's. */
  | { readonly kind: 'set-publish-address'; readonly workloadId: string; readonly origin: FileOrigin; readonly hostIp: string }
  | { readonly kind: 'drop-publications'; readonly workloadId: string }
  | { readonly kind: 'set-environment'; readonly workloadId: string; readonly name: string; readonly value: string }
  | { readonly kind: 'set-network-option'; readonly networkId: string; readonly name: string; readonly value: string }
  | { readonly kind: 'set-subnet'; readonly networkId: string; readonly cidr: string }
  /** Compose's `depends_on` entry of `workloadId` on `target`, long form. */
  | {
      readonly kind: 'set-dependency';
      readonly workloadId: string;
      readonly target: string;
      readonly condition?: 'service_started' | 'service_healthy';
      readonly restart?: boolean;
    };
