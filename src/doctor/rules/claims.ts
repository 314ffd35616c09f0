/**
 * Which rule speaks for a broken link. One fault is one finding: the first obstacle on the way decides, so that
 * "shares no network" is not reported again as "the port is not the container's". Rules ask here instead of each other.
 */
import type { Step, Verdict } from '../../network/answer.ts';
import type { Link } from '../../network/model.ts';
import type { Reason } from '../../reach/index.ts';
import type { JudgedLink, RuleContext } from '../rule.ts';

/** The rule whose fault a reason is. Reasons that are missing here are facts about the world, not faults of a file. */
const owners: Partial<Record<Reason, string>> = {
  'name-not-shared': 'R05',
  'isolated-bridges': 'R05',
  'name-on-default-bridge': 'R04',
  'name-in-host-mode': 'R10',
  'host-mode-discards-ports': 'R10',
  'host-gateway-missing': 'R03',
  'host-port-is-not-container-port': 'R06',
  'not-published': 'R07',
  'publish-loopback-only': 'R08',
  'publish-other-address': 'R08',
  'no-route-internal': 'R09',
  'name-external-on-internal': 'R09',
  'internal-no-publish': 'R09',
  'listener-on-loopback': 'R02',
  'host-firewall-drop': 'R16',
  'host-firewall-reject': 'R16',
  'direct-routing-blocked': 'R17',
  'macvlan-host': 'R25',
  'rootless-host-loopback': 'R29',
  'rootless-no-route': 'R29',
  'publish-wrong-transport': 'R30',
};

/** Speaks for what no other rule explains, so that a link that is certainly broken never goes without a finding. */
const REMAINDER = 'R34';

export interface Claim {
  readonly link: Link;
  readonly verdict: Verdict;
  /** The obstacle that the rule explains. */
  readonly step: Step;
  /** Blocked in every world that fits what is known. */
  readonly certain: boolean;
}

/** The links that `ruleId` speaks for. */
export function claimedBy(context: RuleContext, ruleId: string): readonly Claim[] {
  return context.links.flatMap((judged) => {
    const claim = claimOf(judged);
    return claim !== undefined && claim.ruleId === ruleId ? [claim] : [];
  });
}

function claimOf({ link, verdict }: JudgedLink): (Claim & { readonly ruleId: string }) | undefined {
  if (verdict === undefined || (verdict.kind !== 'unreachable' && verdict.kind !== 'ambiguous')) return undefined;
  // What the engine itself dials (logging drivers) is evaluated where people do not expect it: that is the fault.
  if (link.evaluator === 'engine') {
    const [step] = verdict.blocking;
    return step === undefined ? undefined : { link, verdict, step, certain: verdict.kind === 'unreachable', ruleId: 'R21' };
  }
  const step = verdict.blocking.find((candidate) => ownerOf(candidate) !== undefined);
  const ruleId = step === undefined ? undefined : ownerOf(step);
  if (step === undefined || ruleId === undefined) return remainder(link, verdict);
  return { link, verdict, step, certain: verdict.kind === 'unreachable', ruleId };
}

function remainder(link: Link, verdict: Verdict): (Claim & { readonly ruleId: string }) | undefined {
  const [step] = verdict.blocking;
  return step === undefined || verdict.kind !== 'unreachable' ? undefined : { link, verdict, step, certain: true, ruleId: REMAINDER };
}

function ownerOf(step: Step): string | undefined {
  const table: Readonly<Record<string, string | undefined>> = owners;
  return step.reason === undefined ? undefined : table[step.reason];
}

export function isBlockedBy(verdict: Verdict, reason: Reason): boolean {
  return verdict.blocking.some((step) => step.reason === reason);
}
