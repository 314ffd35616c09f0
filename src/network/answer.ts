/** The words for answers: Question, Verdict, Step, Finding, Fix. One set for a configuration, a probe and a packet capture. */
import type { Origin } from '../core/origin.ts';
import type { TextEdit } from '../core/text.ts';
import type { EnvironmentKey } from './environment.ts';
import type { Transport } from './model.ts';

/** Who dials. `remote` is another machine on the host's network, `routed` one that also has a route to the container subnets. */
export type Source =
  | { readonly kind: 'workload'; readonly workloadId: string }
  | { readonly kind: 'host' }
  | { readonly kind: 'remote'; readonly routed?: boolean };

/** What is dialled, as the source would write it. `@workload` addresses (see `addressOf`) stand for an IP that only the engine knows. */
export interface Question {
  readonly from: Source;
  /** A name, an IP literal, or `addressOf(endpointId)`. */
  readonly host: string;
  readonly port: number;
  readonly transport: Transport;
  /** The workload that the asker means, where known: all blocking steps are then found, not only the first. */
  readonly intended?: string;
}

/** The yet unassigned address of an endpoint, or of the host (`host`) or of a bridge's gateway (`gateway:NETWORK`). */
export const addressOf = (endpointId: string): string => `@${endpointId}`;

export const verdicts = ['reachable', 'unreachable', 'ambiguous', 'undetermined'] as const;
export type VerdictKind = (typeof verdicts)[number];

/** What the client sees. `reset`: the connect succeeds and the connection is then closed without a byte. */
export const symptoms = [
  'ok',
  'refused',
  'timeout',
  'reset',
  'nxdomain',
  'dns-failure',
  'network-unreachable',
  'host-unreachable',
  'foreign-address',
  'stall',
  'tls-failure',
  'wrong-protocol',
] as const;
export type Symptom = (typeof symptoms)[number];

export type Stage = 'name' | 'network' | 'route' | 'firewall' | 'nat' | 'listener';

export interface Step {
  readonly stage: Stage;
  readonly outcome: 'pass' | 'block' | 'unknown' | 'skip';
  /** One sentence, no full stop: `"db" is an alias of shop/db on network shop_default`. */
  readonly text: string;
  readonly origins: readonly Origin[];
  /** For a block: what the client would see if this were the only obstacle. */
  readonly symptom?: Symptom;
  /** Stable id of the reason, for rules and tests: `name-not-shared`, `listener-on-loopback`, `icc-disabled`, … */
  readonly reason?: string;
}

/** One world: a choice for each unknown fact that was consulted, and what happens in it. */
export interface World {
  readonly choices: readonly { readonly key: EnvironmentKey | string; readonly value: string }[];
  readonly reachable: boolean;
  readonly symptom: Symptom;
  readonly steps: readonly Step[];
}

export interface WitnessFlow {
  readonly source: string;
  readonly destination: string;
  readonly transport: Transport;
  /** After destination NAT, where there was one. */
  readonly translated?: string;
}

export interface Verdict {
  readonly kind: VerdictKind;
  readonly question: Question;
  /** Of the decisive world: the first that is unreachable, else the first. */
  readonly steps: readonly Step[];
  readonly symptom: Symptom;
  readonly witness: WitnessFlow;
  /** All blocking steps of that world. */
  readonly blocking: readonly Step[];
  /** Sentences that name the facts that are missing (undetermined, ambiguous). */
  readonly missing: readonly string[];
  /** Sentences that name the assumptions that the answer rests on. */
  readonly assumptions: readonly string[];
  /** For `ambiguous`: one representative per different outcome. */
  readonly worlds: readonly World[];
  /** Where the answer comes from: the blame for an unreachable one. */
  readonly origins: readonly Origin[];
  /** The workload that would answer, where one was found. */
  readonly answeredBy?: string;
}

export const severities = ['error', 'warning', 'info'] as const;
export type Severity = (typeof severities)[number];

export interface Evidence {
  /** `listens here`, `dialled here`, `declared here`. */
  readonly label: string;
  readonly origin: Origin;
}

export interface Finding {
  /** `R01` */
  readonly ruleId: string;
  /** `localhost-in-container` */
  readonly rule: string;
  readonly severity: Severity;
  /** Workload, network or link that it is about, as people call it. */
  readonly subject: string;
  /** One sentence that is right at 3 a.m., with a full stop. */
  readonly message: string;
  /** The first is the place to blame. Never empty. */
  readonly evidence: readonly [Evidence, ...Evidence[]];
  /** The chain of reasons, in order; steps of the verdict where there is one. */
  readonly reasons: readonly string[];
  /** What the user sees, as a sentence part: `connection refused`. */
  readonly symptom?: string;
  readonly verdict?: Verdict;
  readonly fixes: readonly Fix[];
}

/** `safe`: applied by --fix. `suggestion`: needs a choice. `manual`: shown only. */
export type Applicability = 'safe' | 'suggestion' | 'manual';

export interface Fix {
  /** An imperative: `dial the service by its name: http://prometheus:9090`. */
  readonly title: string;
  readonly applicability: Applicability;
  /** Edits of the files that really define it; empty for `manual` and for command lines given on standard input. */
  readonly edits: readonly TextEdit[];
  /** The corrected command lines, where the input was one. */
  readonly commands: readonly string[];
  /** What asking again on the patched model said. */
  readonly proof?: {
    readonly before: VerdictKind;
    readonly after: VerdictKind;
    /** Other answers that change with it, as sentences. */
    readonly alsoChanges: readonly string[];
  };
}
