/** The words that several rules share, so that one thing has one name in all findings. */
import { isLoopback, parseAddress } from '../../core/address.ts';
import type { Evidence, Symptom, Verdict } from '../../network/answer.ts';
import type { Link, Workload } from '../../network/model.ts';
import type { RuleContext } from '../rule.ts';

/** What the user sees, as a part of a sentence. */
export function symptomWords(symptom: Symptom): string {
  switch (symptom) {
    case 'ok':
      return 'none';
    case 'refused':
      return 'connection refused';
    case 'timeout':
      return 'connection timed out';
    case 'reset':
      return 'the connection is accepted and closed at once (connection reset, empty reply)';
    case 'nxdomain':
      return 'the name does not resolve (NXDOMAIN, "no such host")';
    case 'dns-failure':
      return 'the name does not resolve ("temporary failure in name resolution")';
    case 'network-unreachable':
      return 'network is unreachable';
    case 'host-unreachable':
      return 'no route to host';
    case 'foreign-address':
      return 'the name resolves to a foreign address';
    case 'stall':
      return 'the connection opens and hangs at the first large packet';
    case 'tls-failure':
      return 'the TLS handshake fails';
    case 'wrong-protocol':
      return 'the peers do not speak the same protocol';
    default:
      return symptom satisfies never;
  }
}

/** Steps of a verdict as the chain of reasons. */
export function reasonsOf(verdict: Verdict): readonly string[] {
  return verdict.steps.filter((step) => step.outcome !== 'skip').map((step) => step.text);
}

export function nameOf(context: RuleContext, workloadId: string): string {
  return context.lookup.workload.get(workloadId)?.name ?? workloadId;
}

/** `agent → http://prometheus:9090`: a link as the subject of a finding. */
export function linkSubject(context: RuleContext, link: Link): string {
  return `${nameOf(context, link.workloadId)} → ${link.raw}`;
}

/** `agent dials http://localhost:9090`; a host that is written without its port gets it. */
export function dials(context: RuleContext, link: Link): string {
  const target = link.raw === link.host && link.port !== undefined ? hostPort(link.raw, link.port) : link.raw;
  return `${nameOf(context, link.workloadId)} ${link.purpose === '' ? 'dials' : link.purpose} ${target}`;
}

export function dialledHere(link: Link, part: 'host' | 'port' | 'whole' = 'host'): Evidence {
  const origin = part === 'host' ? link.hostOrigin : part === 'port' ? link.portOrigin : undefined;
  return { label: 'dialled here', origin: origin ?? link.origin };
}

/** `localhost`, `*.localhost` (RFC 6761 §6.3) and loopback literals. */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  const address = parseAddress(name);
  return address !== undefined && isLoopback(address);
}

/** Runs in a container of its own (or in one that it shares), not in the host's network. */
export function inContainer(context: RuleContext, workload: Workload): boolean {
  return context.lookup.namespace.get(workload.namespaceId)?.kind === 'container';
}

/** The address that a listener or a link is written with: IPv6 in brackets. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
