import type { Finding, Question } from '../../src/network/answer.ts';
import { addressOf } from '../../src/network/answer.ts';
import { HOST_NAMESPACE, type Model, type Publication } from '../../src/network/model.ts';
import type { Offer, Reading } from './judge.ts';

/**
 * What shows that the fault is there, and that the fix has mended it.
 * - `turns`: the connection fails before and works after;
 * - `starts`: the engine refuses the files as they were, and takes them after;
 * - `stays`: it works before and after: what the fix removes had no effect;
 * - `source`: it works before and after, but only after the server sees the client's own address.
 */
export interface Trial {
  readonly kind: 'turns' | 'starts' | 'stays' | 'source';
  readonly before: readonly Question[];
  readonly after: readonly Question[];
}

/** Rules whose fixes change something that no connection between two ends shows, and why. */
export const notDialled: Readonly<Record<string, string>> = {
  R14: 'the MTU decides about large packets only; the path of the lab carries 1500 bytes everywhere',
  R22: 'the program decides whether it uses the proxy; the lab has no program that reads NO_PROXY',
  R23: 'the fault shows after a restart of the owner, which is an event and no property of the files',
  R26: 'both ports accept connections; the fault is in the protocol that is spoken on them',
  R27: 'the fault is a matter of time: once both run, the connection works before and after',
  R33: 'limits and health checks carry no packets',
};

/** The questions that a fix is about, or why none can be asked. */
export function trialOf({ finding, plan }: Offer, before: Reading, after: Reading): Trial | string {
  const asked = finding.verdict?.question;
  if (asked !== undefined) return { kind: 'turns', before: [asked], after: [plan?.turns ?? asked] };
  const make = byRule[finding.ruleId];
  return make?.(before.model, after.model, finding) ?? 'no question belongs to the finding';
}

type Maker = (before: Model, after: Model, finding: Finding) => Trial | string | undefined;

const byRule: Readonly<Record<string, Maker>> = {
  R02: (before) => {
    const listener = before.listeners.find(({ address }) => address.startsWith('127.'));
    const endpoint = before.endpoints.find(({ namespaceId }) => namespaceId === listener?.namespaceId);
    if (listener === undefined || endpoint === undefined) return undefined;
    const { port, transport } = listener;
    return same({ from: { kind: 'host' }, host: addressOf(endpoint.id), port, transport });
  },
  R10: (before) => {
    const listener = before.listeners.find(({ namespaceId, workloadId }) => namespaceId === HOST_NAMESPACE && workloadId !== undefined);
    if (listener === undefined) return undefined;
    const { port, transport } = listener;
    return { ...same({ from: { kind: 'host' }, host: '127.0.0.1', port, transport }), kind: 'stays' };
  },
  R11: (before, after) => ({ kind: 'starts', before: [], after: newDoors(before, after) }),
  R13: () => ({ kind: 'starts', before: [], after: [] }),
  R18: (before, _, { message }) => {
    const [, server = '', admitted = ''] = /^(\S+) admits "([^"]+)" only/.exec(message) ?? [];
    const publication = before.publications.find(({ workloadId }) => workloadId.endsWith(`/${server}`));
    const client = before.workloads.find(({ name }) => name === admitted);
    if (publication?.hostPort === undefined || client === undefined) return undefined;
    const from = { kind: 'workload', workloadId: client.id } as const;
    const through = { from, host: addressOf('host'), port: publication.hostPort, transport: publication.transport };
    return { kind: 'source', before: [through], after: [{ ...through, host: server, port: publication.containerPort }] };
  },
  R19: (before) => {
    const [registered] = before.registrations;
    if (registered === undefined) return undefined;
    return same({ from: { kind: 'remote' }, host: registered.address, port: registered.port, transport: 'tcp' });
  },
  R30: (before, after) => ({ kind: 'turns', before: newDoors(before, after), after: newDoors(before, after) }),
  R32: (before, after, { message }) => {
    if (message.includes('::1')) return "the fault is in the wget of Alpine; Debian's takes localhost for 127.0.0.1, whatever listens";
    const [was, is] = [healthQuestion(before), healthQuestion(after)];
    return was === undefined || is === undefined ? undefined : { kind: 'turns', before: [was], after: [is] };
  },
};

const same = (question: Question): Trial => ({ kind: 'turns', before: [question], after: [question] });

/** Ports of the host that the fix opens, as the host dials them. */
function newDoors(before: Model, after: Model): readonly Question[] {
  const key = ({ hostIp, hostPort, transport }: Publication): string => `${hostIp ?? ''} ${hostPort} ${transport}`;
  const known = new Set(before.publications.map(key));
  return after.publications.flatMap((one) => {
    if (known.has(key(one)) || one.hostPort === undefined) return [];
    return [{ from: { kind: 'host' }, host: one.hostIp ?? '127.0.0.1', port: one.hostPort, transport: one.transport }];
  });
}

/** What the health check of the only workload that has one dials, from inside. */
function healthQuestion(model: Model): Question | undefined {
  const workload = model.workloads.find(({ healthcheck }) => healthcheck?.test !== undefined);
  const text = workload?.healthcheck?.test?.values.map(({ value }) => value).join(' ') ?? '';
  const [, host = '', port = ''] = /https?:\/\/([^:/]+):(\d+)/.exec(text) ?? [];
  if (workload === undefined || host === '') return undefined;
  return { from: { kind: 'workload', workloadId: workload.id }, host, port: Number(port), transport: 'tcp' };
}
