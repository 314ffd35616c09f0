/** The fleet, as the rest of the server sees it: who there is, what they say, and who is alive. */
import type { Labels } from '../../core/labels.ts';
import type { Commit } from '../store/store.ts';
import type { AgentLive, AgentRecord, LivenessPolicy } from './agent.ts';

export type FleetChange =
  | {
      readonly kind:
        | 'enrolled'
        | 'removed'
        | 'labels'
        | 'description'
        | 'health'
        | 'config'
        | 'connection'
        | 'conflict'
        | 'host'
        | 'outages';
      readonly uid: string;
    }
  | { readonly kind: 'liveness'; readonly uid: string; readonly from: string; readonly to: string; readonly reason: string };

/** What enrolment tells the fleet. A `uid` that is known already is taken over: same record, new token, labels and proof. */
export interface Enrolment {
  readonly uid: string;
  readonly suggestedName: string;
  readonly tokenId: string;
  readonly tokenLabels: Labels;
  /** What the agent said of itself when it asked; the weakest of its labels. */
  readonly selfLabels?: Labels;
  readonly ephemeral: boolean;
  readonly replaceProof?: string;
}

export type EnrolResult =
  | { readonly ok: true; readonly record: AgentRecord }
  /** Conditions of `along` that did not hold; nothing was stored. */
  | { readonly ok: false; readonly conflicts: readonly string[] };

export interface Fleet extends AsyncDisposable {
  readonly size: number;
  get(uid: string): AgentLive | undefined;
  /** By name; the newest when an expired one had it as well. */
  named(name: string): AgentLive | undefined;
  all(): Iterable<AgentLive>;
  /** Durable when it resolves. The record's name may differ from the suggested one. */
  enrol(enrolment: Enrolment): Promise<AgentRecord>;
  /** The same, in one commit with what enrolment has to store beside it (a token's use): both, or nothing. At most 900 changes. */
  enrolWith(enrolment: Enrolment, along: Commit): Promise<EnrolResult>;
  setLabels(uid: string, labels: Labels): Promise<AgentRecord>;
  /** How its silence is judged: its own policy over that of its groups over the default. */
  policy(uid: string): LivenessPolicy | undefined;
  setPolicy(uid: string, policy: Partial<LivenessPolicy> | undefined): Promise<AgentRecord>;
  /** Forgets the agent and ends its connection; its certificate has to be revoked as well (Authority). */
  remove(uid: string, reason: string): Promise<void>;
  /** Evictions are held because too many went silent at once (see liveness): says so, or undefined. */
  brake(): { readonly sinceMs: number; readonly sentence: string } | undefined;
  onChange(listener: (change: FleetChange) => void): () => void;
}
