/**
 * `fairlead reach FROM TO[:PORT]` in the words of its user: services, containers, `host`, `remote`, addresses, URLs.
 * A name is dialled as it is written; a workload that the asker cannot name is dialled the way such askers can.
 */
import { parseAddress } from '../core/address.ts';
import { FairleadError } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';
import type { Question, Source } from '../network/answer.ts';
import { lookup } from '../network/lookup.ts';
import type { Model, Transport, Workload } from '../network/model.ts';
import { pairQuestion } from '../reach/classes.ts';

/** One thing to ask, and how to say it. */
export interface Asked {
  /** `agent → prometheus:9090/tcp`. */
  readonly words: string;
  readonly question: Question;
}

export function parseAsk(model: Model, from: string, to: string): readonly Asked[] {
  const source = parseSource(model, from);
  const target = parseTarget(to);
  const workload = meant(model, source, target.host);
  const host = workload === undefined ? hostWord(target.host) : undefined;
  if (workload === undefined && host === undefined) assertDialable(model, target.host);
  const ports = target.port === undefined ? portsOf(model, workload, to) : [{ port: target.port, transport: target.transport }];
  return ports.map(({ port, transport }) => {
    const words = `${from} → ${target.host}:${port}/${transport}`;
    if (workload === undefined) return { words, question: { from: source, host: host ?? target.host, port, transport } };
    return { words, question: questionFor(model, source, workload, target.host, port, transport) };
  });
}

/** `localhost` and `host` are the Docker host, `remote` another machine, `routed` one with a route to the containers. */
function parseSource(model: Model, word: string): Source {
  if (word === 'host' || word === 'localhost') return { kind: 'host' };
  if (word === 'remote') return { kind: 'remote' };
  if (word === 'routed') return { kind: 'remote', routed: true };
  const found = named(model.workloads, word);
  if (found.length === 1 && found[0] !== undefined) return { kind: 'workload', workloadId: found[0].id };
  const names = model.workloads.map((workload) => workload.name);
  if (found.length > 1) throw unknownEndpoint(word, `it could be ${list(found.map((workload) => workload.id))}; write one of these`);
  throw unknownEndpoint(word, didYouMean(word, [...names, 'host', 'remote'], `known are ${list([...new Set(names)])}, host and remote`));
}

function named(workloads: readonly Workload[], word: string): readonly Workload[] {
  const exact = workloads.filter((workload) => workload.id === word || workload.containerName === word);
  return exact.length > 0 ? exact : workloads.filter((workload) => workload.name === word);
}

interface Target {
  readonly host: string;
  readonly port: number | undefined;
  readonly transport: Transport;
}

const portOfScheme: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  redis: 6379,
  postgres: 5432,
  postgresql: 5432,
  mysql: 3306,
  mongodb: 27_017,
  amqp: 5672,
  nats: 4222,
};

/** `name`, `name:port`, `name:port/udp`, `[::1]:port`, `tcp://name:port`, any URL. */
export function parseTarget(text: string): Target {
  const match = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:[^@/]*@)?(\[[^\]]+\]|[^:/?#]*)(?::(\d+))?(?:\/(tcp|udp|sctp)$|[/?#].*|$)/i.exec(text);
  const plain = parseAddress(text) === undefined ? match : undefined;
  if (plain === null) throw usage(`"${text}" is not a destination`, 'write NAME:PORT, ADDRESS:PORT or a URL');
  const host = (plain?.[2] ?? text).replace(/^\[|\]$/g, '');
  const scheme = plain?.[1]?.toLowerCase();
  const port = plain?.[3] === undefined ? (scheme === undefined ? undefined : portOfScheme[scheme]) : Number(plain[3]);
  if (host === '') throw usage(`"${text}" names no destination`, 'write NAME:PORT, ADDRESS:PORT or a URL');
  if (port !== undefined && (port < 1 || port > 65_535))
    throw usage(`port ${port} in "${text}" is outside of 1 to 65535`, 'write a port between 1 and 65535');
  return { host, port, transport: transportOf(plain?.[4] ?? scheme) };
}

function transportOf(word: string | undefined): Transport {
  const lower = word?.toLowerCase();
  return lower === 'udp' || lower === 'sctp' ? lower : 'tcp';
}

/** The workload that the asker speaks of: one of the own project before others; none when several fit and DNS has to say. */
function meant(model: Model, source: Source, host: string): Workload | undefined {
  const found = named(model.workloads, host);
  if (found.length <= 1) return found[0];
  const project = source.kind === 'workload' ? lookup(model).workload.get(source.workloadId)?.project : undefined;
  const own = found.filter((workload) => workload.project === project);
  return own.length === 1 ? own[0] : undefined;
}

/** `host` as a destination is the Docker host's own address. */
const hostWord = (word: string): string | undefined => (word === 'host' ? '@host' : undefined);

function questionFor(model: Model, from: Source, workload: Workload, word: string, port: number, transport: Transport): Question {
  // A container dials the name that was written; an id such as shop/db is no name that anything resolves.
  if (from.kind === 'workload' && word !== workload.id) return { from, host: word, port, transport, intended: workload.id };
  const publication = lookup(model)
    .publicationsOf.get(workload.namespaceId)
    ?.find((one) => one.hostPort === port && one.transport === transport);
  // From outside, people name the port that they type: a published one wins over a container's port of the same number.
  if (from.kind !== 'workload' && publication !== undefined) return { from, host: '@host', port, transport, intended: workload.id };
  return pairQuestion(model, from, { workload, port, transport });
}

function portsOf(
  model: Model,
  workload: Workload | undefined,
  to: string,
): readonly { readonly port: number; readonly transport: Transport }[] {
  if (workload === undefined) throw usage(`"${to}" names no port`, `write ${to}:PORT`);
  const tables = lookup(model);
  const offered = new Map<string, { readonly port: number; readonly transport: Transport }>();
  const add = (port: number, transport: Transport) => offered.set(`${port}/${transport}`, { port, transport });
  for (const listener of tables.listenersIn.get(workload.namespaceId) ?? [])
    if (listener.workloadId === undefined || listener.workloadId === workload.id) add(listener.port, listener.transport);
  for (const publication of tables.publicationsOf.get(workload.namespaceId) ?? [])
    if (publication.workloadId === workload.id) add(publication.containerPort, publication.transport);
  if (offered.size === 0) throw usage(`no port of ${workload.name} is known`, `write ${to}:PORT`);
  return [...offered.values()].sort((a, b) => a.port - b.port);
}

/** A single word that nothing in the input is called is a slip; a name with a dot may be anywhere on the Internet. */
function assertDialable(model: Model, host: string): void {
  if (host === 'localhost' || host.includes('.') || parseAddress(host) !== undefined) return;
  const names = new Set(model.endpoints.flatMap((endpoint) => endpoint.names.map(({ name }) => name)));
  for (const workload of model.workloads) {
    names.add(workload.name);
    for (const { name } of workload.extraHosts) names.add(name);
    for (const { alias } of workload.legacyLinks) names.add(alias);
  }
  if (!names.has(host)) throw unknownEndpoint(host, didYouMean(host, [...names, 'host'], `known are ${list([...names])} and host`));
}

function list(words: readonly string[]): string {
  const shown = words.slice(0, 12);
  return shown.join(', ') + (words.length > shown.length ? `, and ${words.length - shown.length} more` : '');
}

const unknownEndpoint = (name: string, hint: string): FairleadError => new FairleadError('FAIRLEAD_UNKNOWN_ENDPOINT', { name, hint });
const usage = (problem: string, hint: string): FairleadError => new FairleadError('FAIRLEAD_USAGE', { problem, hint });
