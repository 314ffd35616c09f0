import { addressOf, type Question as ModelQuestion, type Symptom } from '../src/network/answer.ts';
import type { Model } from '../src/network/model.ts';
import { createReach, type Reach } from '../src/reach/index.ts';
import { diskFiles, withOverlay } from '../src/readers/files.ts';
import { readAll } from '../src/readers/index.ts';
import { toDockerCommands } from './docker-commands.ts';
import { environmentOf, factsPart } from './facts.ts';
import { lan, outsideName } from './lan.ts';
import { defaultBridge } from './names.ts';
import type { ProbeResult } from './probe.ts';
import { type Client, defaultBridgeName, type Question, type Target, type Topology } from './topology.ts';

/** What the model says about a question on a topology. */
export interface Prediction {
  readonly verdict: 'reachable' | 'unreachable' | 'ambiguous' | 'undetermined';
  readonly symptom: Symptom;
  /** For an ambiguous verdict: what the client sees in each of its worlds. */
  readonly symptoms: readonly Symptom[];
  /** The container whose process answers, where the model knows. */
  readonly answeredBy?: string;
}

export interface PredictionContext {
  readonly topology: Topology;
  readonly version: string;
  readonly userlandProxy: boolean;
  /** More arguments of dockerd, e.g. `--icc=false`. */
  readonly daemonArgs: readonly string[];
}

interface Asked {
  readonly model: Model;
  readonly reach: Reach;
}

const known = new WeakMap<Topology, Map<string, Asked | undefined>>();

/**
 * Asks the product: its reader reads the topology's docker commands, and its reach engine answers. Undefined for questions that no
 * input of the product can state: a firewall of single subnets, a neighbour that forges addresses, pings, a name of the outer world.
 */
export function predict(question: Question, context: PredictionContext): Prediction | undefined {
  const asked = modelOf(context);
  const from = asked === undefined ? undefined : sourceOf(question.from);
  if (asked === undefined || from === undefined || question.transport === 'icmp') return undefined;
  const host = hostOf(question.to, context.topology, asked.model);
  if (host === undefined || host === outsideName) return undefined;
  const verdict = asked.reach.ask({ from, host, port: question.port, transport: question.transport });
  const { kind, symptom, answeredBy } = verdict;
  return {
    verdict: kind,
    symptom,
    symptoms: verdict.worlds.map((world) => world.symptom),
    ...(answeredBy === undefined ? {} : { answeredBy }),
  };
}

/**
 * Verdict, symptom and, where the model names it, who answers. A model that knows everything has no reason to be undecided, but for
 * names that are nobody's: what the servers of the outer world say to them, no input tells; the lab's say NXDOMAIN.
 * `server` is false where several may answer.
 */
export function agrees(predicted: Prediction, measured: Pick<ProbeResult, 'outcome' | 'answeredBy' | 'code'>, server = true): boolean {
  if (measured.outcome === 'nxdomain' && predicted.symptom === 'nxdomain') return predicted.verdict !== 'reachable';
  // All facts are stated here, so only the order of a name's addresses is open: the engine must do what one of the worlds says.
  if (predicted.verdict === 'ambiguous') return predicted.symptoms.some((symptom) => symptom === symptomOf(measured));
  const verdict = measured.outcome === 'ok' ? 'reachable' : 'unreachable';
  const sameServer =
    !server || predicted.answeredBy === undefined || measured.outcome !== 'ok' || predicted.answeredBy === measured.answeredBy;
  return predicted.verdict === verdict && predicted.symptom === symptomOf(measured) && sameServer;
}

/** 20.10 takes the whole IPv6 stack from containers of IPv4 networks, so that a connect has no address to leave from. */
function symptomOf({ outcome, code }: Pick<ProbeResult, 'outcome' | 'code'>): string {
  return code === 'EADDRNOTAVAIL' ? 'network-unreachable' : outcome;
}

function modelOf(context: PredictionContext): Asked | undefined {
  const models = known.get(context.topology) ?? new Map<string, Asked | undefined>();
  known.set(context.topology, models);
  const key = JSON.stringify([context.version, context.userlandProxy, context.daemonArgs]);
  if (!models.has(key)) models.set(key, read(context));
  return models.get(key);
}

function read(context: PredictionContext): Asked | undefined {
  const environment = environmentOf(context);
  if (environment === undefined) return undefined;
  const path = '/topology.sh'; // never on disk: the overlay holds it
  const files = withOverlay(diskFiles, new Map([[path, toDockerCommands(context.topology)]]));
  const observed = [factsPart(context)];
  const model = readAll(files, { inputs: [{ kind: 'commands', path, syntax: 'shell' }], observed, environment, sameHost: true });
  return { model, reach: createReach(model) };
}

function sourceOf(client: Client): ModelQuestion['from'] | undefined {
  if ('container' in client) return { kind: 'workload', workloadId: client.container };
  if (client.place === 'near') return undefined;
  return client.place === 'host' ? { kind: 'host' } : { kind: 'remote', routed: true };
}

/** What is dialled, as the model writes it: addresses that only the engine knows are symbols. */
function hostOf(target: Target, topology: Topology, model: Model): string | undefined {
  if (target.kind === 'literal') return target.host;
  const family = target.family === 6 ? 'v6' : 'v4';
  if (target.kind === 'place') return lan[target.place][family];
  if (target.kind === 'gateway') {
    if (target.network === defaultBridgeName) return defaultBridge.gateway;
    const network = topology.networks.find((one) => one.name === target.network);
    return family === 'v4' ? network?.gateway : network?.gateway6;
  }
  const endpoint = model.endpoints.find((one) => one.workloadId === target.container && one.networkId === target.network);
  if (endpoint === undefined) return undefined;
  if (family === 'v6') return endpoint.ipv6?.value;
  return endpoint.ipv4?.value ?? addressOf(endpoint.id);
}
