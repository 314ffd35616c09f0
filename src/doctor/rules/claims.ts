/**
 * Which rule speaks for a broken link. One fault is one finding: the first obstacle on the way decides, so that
 * "shares no network" is not reported again as "the port is not the container's". Rules ask here instead of each other.
 */
import { isLoopback, parseAddress } from '../../core/address.ts';
import type { Step, Verdict } from '../../network/answer.ts';
import type { Link, Listener } from '../../network/model.ts';
import { HOST_NAMESPACE } from '../../network/model.ts';
import type { Reason } from '../../reach/index.ts';
import type { JudgedLink, RuleContext } from '../rule.ts';
import { publicationAt, workloadAt } from './places.ts';
import { inContainer, isLoopbackHost } from './words.ts';

/** The rule whose fault a reason is. Reasons that are missing here fall to the remainder. */
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
  'macvlan-host': 'R25',
  'rootless-host-loopback': 'R29',
  'rootless-no-route': 'R29',
};

/** Names that containers know and the host does not. */
const hostUnknownNames: ReadonlySet<string> = new Set<Reason>(['name-in-host-mode', 'host-gateway-missing']);

/** What a rule has to find in the model to speak of an obstacle; without it, the next obstacle or the remainder is told. */
const needs: Readonly<Record<string, (context: RuleContext, verdict: Verdict, step: Step) => boolean>> = {
  R02: (context, _, step) => loopbackListener(context, step) !== undefined,
  R06: (context, _, step) => publicationAt(context, step) !== undefined,
  R07: (context, { question }, step) => workloadAt(context, step, question.port) !== undefined,
  R08: (context, _, step) => publicationAt(context, step) !== undefined,
  R10: (context, _, step) => step.reason === 'name-in-host-mode' || isDeclaredInHostMode(context, step),
  // While nobody has said what the firewall does, its being closed is one world of several.
  R16: ({ model }) => model.environment.hostFirewall.knowledge !== 'unknown',
};

function isDeclaredInHostMode(context: RuleContext, step: Step): boolean {
  const workload = context.lookup.workload.get(publicationAt(context, step)?.workloadId ?? '');
  return workload?.namespaceId === HOST_NAMESPACE && workload.declaredBy !== 'engine';
}

/** The listener that a step blames for its loopback address; undefined where the port has another one beside it. */
export function loopbackListener(context: RuleContext, step: Step): Listener | undefined {
  const listener = context.model.listeners.find((candidate) => onLoopback(candidate) && step.origins.includes(candidate.origin));
  const samePort = (context.lookup.listenersIn.get(listener?.namespaceId ?? '') ?? []).filter(
    ({ port, transport }) => port === listener?.port && transport === listener.transport,
  );
  return samePort.every(onLoopback) ? listener : undefined;
}

export function onLoopback(listener: Listener): boolean {
  const address = parseAddress(listener.address);
  return address !== undefined && isLoopback(address);
}

/** A container dials its own loopback for a port on which it is not known to listen, on whatever address: R01 speaks. */
export function isLostLocalhost(context: RuleContext, link: Link): boolean {
  const workload = context.lookup.workload.get(link.workloadId);
  if (workload === undefined || link.evaluator !== 'container' || link.host === undefined || link.port === undefined) return false;
  if (!isLoopbackHost(link.host) || !inContainer(context, workload)) return false;
  return !(context.lookup.listenersIn.get(workload.namespaceId) ?? []).some((listener) => listener.port === link.port);
}

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
    const claim = claimOf(context, judged);
    return claim !== undefined && claim.ruleId === ruleId ? [claim] : [];
  });
}

function claimOf(context: RuleContext, { link, verdict }: JudgedLink): (Claim & { readonly ruleId: string }) | undefined {
  if (verdict === undefined || (verdict.kind !== 'unreachable' && verdict.kind !== 'ambiguous')) return undefined;
  const certain = verdict.kind === 'unreachable';
  const [first] = verdict.blocking;
  // What the engine itself dials (logging drivers) is evaluated where people do not expect it: that is the fault.
  if (link.evaluator === 'engine') {
    const ruleId = certain && hostUnknownNames.has(first?.reason ?? '') ? 'R21' : certain ? REMAINDER : undefined;
    return first === undefined || ruleId === undefined ? undefined : { link, verdict, step: first, certain, ruleId };
  }
  if (first !== undefined && certain && isLostLocalhost(context, link)) return { link, verdict, step: first, certain, ruleId: 'R01' };
  for (const step of verdict.blocking) {
    const ruleId = ownerOf(step);
    if (ruleId !== undefined && needs[ruleId]?.(context, verdict, step) !== false) return { link, verdict, step, certain, ruleId };
  }
  return first === undefined || !certain ? undefined : { link, verdict, step: first, certain, ruleId: REMAINDER };
}

function ownerOf(step: Step): string | undefined {
  const table: Readonly<Record<string, string | undefined>> = owners;
  return step.reason === undefined ? undefined : table[step.reason];
}

export function isBlockedBy(verdict: Verdict, reason: Reason): boolean {
  return verdict.blocking.some((step) => step.reason === reason);
}
