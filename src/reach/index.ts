/** The reach engine: model + question → verdict, with the steps a packet takes. Pure. */
import type { Question, Source, Verdict, WitnessFlow } from '../network/answer.ts';
import { lookup } from '../network/lookup.ts';
import type { Endpoint, Link, Model, Workload } from '../network/model.ts';
import { HOST_NAMESPACE } from '../network/model.ts';
import { endpointsNamed, findWorkload, resolveName } from './names.ts';
import { follow } from './path.ts';
import type { Origination } from './place.ts';
import { Trace } from './trace.ts';
import { fold } from './verdict.ts';
import type { World } from './worlds.ts';
import { explore } from './worlds.ts';

export type { Reason } from './trace.ts';
export { reasons } from './trace.ts';

export interface Reach {
  /** Answers are remembered per question. */
  ask(question: Question): Verdict;
  /** The question that a link asks; undefined when its host or port cannot be evaluated or nobody in the model evaluates it. */
  questionOf(link: Link): Question | undefined;
}

export function createReach(model: Model): Reach {
  const answers = new Map<string, Verdict>();
  return {
    ask: (question) => {
      const key = keyOf(question);
      const known = answers.get(key);
      if (known !== undefined) return known;
      const verdict = answer(model, question);
      answers.set(key, verdict);
      return verdict;
    },
    questionOf: (link) => questionOf(link),
  };
}

function keyOf({ from, host, port, transport, intended }: Question): string {
  const source = from.kind === 'workload' ? from.workloadId : from.kind === 'remote' && from.routed === true ? 'remote+route' : from.kind;
  return `${from.kind}\n${source}\n${host}\n${port}/${transport}\n${intended ?? ''}`;
}

function questionOf(link: Link): Question | undefined {
  if (link.host === undefined || link.port === undefined) return undefined;
  const { host, port, transport } = link;
  switch (link.evaluator) {
    case 'container':
      return { from: { kind: 'workload', workloadId: link.workloadId }, host, port, transport };
    case 'host':
    case 'engine':
      return { from: { kind: 'host' }, host, port, transport };
    case 'browser':
    case 'outside':
      return undefined;
    default:
      return link.evaluator satisfies never;
  }
}

/** One answer, not remembered: for questions that are asked once, of which there may be very many. */
export function answer(model: Model, question: Question): Verdict {
  const from = originate(model, question.from);
  const explored = explore(model.environment, (world) => run(model, world, from, question));
  return fold(question, explored, (trace) => witness(from, question, trace));
}

function originate(model: Model, source: Source): Origination {
  const none = { namespaceId: undefined, workload: undefined, endpoints: [], routed: false };
  switch (source.kind) {
    case 'host':
      return { ...none, kind: 'host', namespaceId: HOST_NAMESPACE, label: 'the host' };
    case 'remote':
      return { ...none, kind: 'remote', label: 'another machine', routed: source.routed === true };
    case 'workload':
      return fromWorkload(model, lookup(model).workload.get(source.workloadId), source.workloadId);
    default:
      return source satisfies never;
  }
}

function fromWorkload(model: Model, workload: Workload | undefined, id: string): Origination {
  if (workload === undefined) throw new RangeError(`no workload ${id}`);
  const namespace = lookup(model).namespace.get(workload.namespaceId);
  const endpoints = lookup(model).endpointsOf.get(workload.namespaceId) ?? [];
  return {
    // A container that was cut off from all of its networks is where one without a network is.
    kind: namespace?.kind === 'host' ? 'host' : endpoints.length === 0 ? 'none' : 'container',
    namespaceId: workload.namespaceId,
    workload,
    label: workload.name,
    endpoints,
    routed: false,
  };
}

/** One packet in one world. A name that resolves to several addresses is tried as clients do: until one answers. */
function run(model: Model, world: World, from: Origination, question: Question): Trace {
  const trace = new Trace();
  const { port, transport } = question;
  if (from.workload?.state === 'stopped')
    trace.block('name', 'stopped', 'network-unreachable', `${from.label} is not running`, [from.workload.origin]);
  const destinations = resolveName(model, world, trace, from, question.host);
  const tried = destinations.map((destination) => {
    const fork = trace.fork();
    follow({ model, world, trace: fork, from, port, transport }, destination);
    return fork;
  });
  const best = takeOne(world, question, tried);
  if (best !== undefined) return best;
  const meant = intendedEndpoint(model, from, question);
  if (meant !== undefined && trace.blocked)
    follow({ model, world, trace, from, port, transport }, { kind: 'endpoint', endpoint: meant, family: 4 });
  return trace;
}

/**
 * A TCP client goes on to the next address when one fails at once. Where one only times out, and for UDP, which hears
 * nothing, the first address decides, and the resolver's order changes: each is a world.
 */
function takeOne(world: World, question: Question, tried: readonly Trace[]): Trace | undefined {
  const outcomes = new Set(tried.map((fork) => `${fork.reachable} ${fork.symptom}`));
  const silent = question.transport === 'udp' || tried.some((fork) => fork.symptom === 'timeout');
  if (silent && outcomes.size > 1) {
    const places = tried.map((_, index) => String(index));
    const [first = '0', ...rest] = places;
    return tried[
      Number(world.choose(`address:${question.host}`, [first, ...rest], `which of the addresses of "${question.host}" the client takes`))
    ];
  }
  return tried.find((fork) => fork.reachable === true) ?? tried.find((fork) => fork.reachable === undefined) ?? tried[0];
}

/** The endpoint that the client would mean if its name resolved: all further obstacles are found behind it. */
function intendedEndpoint(model: Model, from: Origination, question: Question): Endpoint | undefined {
  const named = endpointsNamed(model, question.host.toLowerCase()).map(({ endpoint }) => endpoint);
  const workload =
    question.intended === undefined ? findWorkload(model, from.workload, question.host) : lookup(model).workload.get(question.intended);
  const candidates =
    named.length > 0 && question.intended === undefined ? named : (lookup(model).endpointsOf.get(workload?.namespaceId ?? '') ?? []);
  const own = new Set(from.endpoints.map((endpoint) => endpoint.networkId));
  return candidates.find((endpoint) => own.has(endpoint.networkId)) ?? candidates[0];
}

function witness(from: Origination, question: Question, trace: Trace): WitnessFlow {
  const address = from.endpoints[0]?.ipv4?.value.split('/')[0];
  return {
    source: address === undefined ? from.label : `${from.label} (${address})`,
    destination: question.host.includes(':')
      ? `[${question.host}]:${question.port}`
      : `${question.host.replace(/^@/, '')}:${question.port}`,
    transport: question.transport,
    ...(trace.translated === undefined ? {} : { translated: trace.translated }),
  };
}
