import { existsSync } from 'node:fs';
import { FairleadError } from '../../core/errors.ts';
import type { Problem } from '../../core/problem.ts';
import type { Environment } from '../../network/environment.ts';
import { observed } from '../../network/fact.ts';
import type { ModelPart } from '../reader.ts';
import { connectEngine, defaultSockets, type EngineApi, PARALLEL, parseEngineAddress, unreachable } from './api.ts';
import { assemble } from './assemble.ts';
import { type EngineHost, findEngineHost, readDaemon, readHostAddresses, readHostMtu } from './engine-host.ts';
import { readFacts } from './inspect.ts';
import { type InspectedContainer, readContainer } from './inspected.ts';
import { type InspectedNetwork, readInspectedNetwork } from './networks.ts';
import { observeListeners } from './observed-listeners.ts';
import { commandLine, type Proc, pidsNamed, realProc } from './proc.ts';

export interface EngineRequest {
  /** A path, `unix:///path` or `tcp://host:port`; without one, DOCKER_HOST, else the usual sockets. */
  readonly socket?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** For the whole reading. */
  readonly timeoutMs?: number | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly proc?: Proc;
}

const DEFAULT_TIMEOUT_MS = 20_000;
const MAX_TIMEOUT_MS = 2 ** 31 - 1; // timers of Node take no more; no limit is Infinity

/**
 * Reads a running engine: its containers, networks and version, and what the containers and the host listen on where
 * /proc can be read. Nothing is changed: only GET is sent, and no process is started.
 *
 * Throws FAIRLEAD_ENGINE_UNREACHABLE when the engine does not answer, and the reason of `signal` when that aborts.
 */
export async function readEngine(request: EngineRequest = {}): Promise<ModelPart> {
  const env = request.env ?? process.env;
  const name = request.socket ?? env.DOCKER_HOST ?? defaultSockets(env).find((path) => existsSync(path)) ?? '/var/run/docker.sock';
  const address = parseEngineAddress(name, env);
  const timeoutMs = Math.max(0, Math.min(request.timeoutMs ?? DEFAULT_TIMEOUT_MS, MAX_TIMEOUT_MS));
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = request.signal === undefined ? deadline : AbortSignal.any([request.signal, deadline]);
  try {
    using api = await connectEngine(address, name, signal);
    const objects = await readObjects(api, name);
    return withProc(request.proc ?? realProc, objects, address.kind === 'unix' ? address.path : undefined);
  } catch (error) {
    if (deadline.aborted && !(error instanceof FairleadError)) throw unreachable(name, `no answer within ${timeoutMs} ms`, error);
    throw error;
  }
}

interface LiveObjects {
  readonly containers: readonly InspectedContainer[];
  readonly part: ModelPart;
}

async function readObjects(api: EngineApi, name: string): Promise<LiveObjects> {
  const [version, info, containerList, networkList] = await Promise.all(
    ['/version', '/info', '/containers/json?all=1', '/networks'].map((path) => api.get(path)),
  );
  const facts = [version, info].map((value) => readFacts(value, name));
  const inspectedContainers = await inspectAll(api, name, containerList, '/containers/', '/json');
  const inspectedNetworks = await inspectAll(api, name, networkList, '/networks/', '');
  const containers = inspectedContainers.values.map((value, index) => readContainer(value, name, index + 1));
  const networks: readonly InspectedNetwork[] = inspectedNetworks.values.map((value) => readInspectedNetwork(value, name));
  const environment: Partial<Environment> = Object.assign({}, ...facts.map((fact) => fact.environment));
  const part = assemble({ containers, networks, environment });
  return {
    containers,
    part: {
      ...part,
      problems: [
        ...facts.flatMap((fact) => fact.problems),
        ...inspectedContainers.problems,
        ...inspectedNetworks.problems,
        ...part.problems,
      ],
    },
  };
}

interface Inspected {
  readonly values: readonly unknown[];
  readonly problems: readonly Problem[];
}

/** Inspects each object of a list, PARALLEL at a time; those that are gone by now are left out, and a refusal is a gap. */
async function inspectAll(api: EngineApi, source: string, list: unknown, before: string, after: string): Promise<Inspected> {
  const ids = (Array.isArray(list) ? list : []).flatMap((item: unknown) => {
    const id = typeof item === 'object' && item !== null && 'Id' in item ? item.Id : undefined;
    return typeof id === 'string' && /^[\w.-]+$/.test(id) ? [id] : [];
  });
  const answers: Awaited<ReturnType<EngineApi['find']>>[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < ids.length; at = next++) answers[at] = await api.find(`${before}${ids[at]}${after}`);
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return {
    values: answers.flatMap((answer) => (answer !== undefined && 'value' in answer ? [answer.value] : [])),
    problems: answers.flatMap((answer) => (answer !== undefined && 'refusal' in answer ? [refusedProblem(source, answer.refusal)] : [])),
  };
}

function refusedProblem(source: string, refusal: string): Problem {
  return {
    severity: 'gap',
    code: 'engine-refused',
    message: `the engine ${refusal}`,
    hint: 'ask again; what stands behind it is missing in the answers',
    origin: { kind: 'observed', source, object: '', path: '' },
  };
}

/** Adds what this machine knows, if it is the engine's: over TCP and on Desktop it is not, and rootless engines have a host namespace of their own. */
function withProc(proc: Proc, { containers, part }: LiveObjects, socketPath: string | undefined): ModelPart {
  if (socketPath === undefined || isValue(part, 'platform', 'desktop')) return part;
  const host = isValue(part, 'rootless', true) ? undefined : findEngineHost(proc, socketPath);
  const { listeners, namespaces } = observeListeners(proc, part, containers, host);
  const environment = host === undefined ? {} : readHostFacts(proc, host, part);
  return { ...part, namespaces, listeners, environment: { ...part.environment, ...environment } };
}

function isValue(part: ModelPart, key: 'platform' | 'rootless', value: string | boolean): boolean {
  const fact = part.environment?.[key];
  return fact !== undefined && fact.knowledge !== 'unknown' && fact.value === value;
}

function readHostFacts(proc: Proc, host: EngineHost, part: ModelPart): Partial<Environment> {
  const gateways = part.networks.flatMap((network) => network.subnets.flatMap((subnet) => subnet.gateway ?? []));
  return {
    hostAddresses: readHostAddresses(proc, host, new Set(gateways)),
    ...readHostMtu(proc, host),
    ...observeProxy(proc, part),
    ...readDaemon(proc, host),
  };
}

/** A docker-proxy process that serves one of this engine's publications proves that the user-land proxy is on. */
function observeProxy(proc: Proc, part: ModelPart): Partial<Environment> {
  const addresses = new Set(part.endpoints.flatMap((endpoint) => endpoint.ipv4?.value ?? []));
  const ports = new Set(
    part.publications.flatMap((one) => (one.knowledge === 'observed' && one.hostPort !== undefined ? [String(one.hostPort)] : [])),
  );
  if (ports.size === 0) return {};
  for (const pid of pidsNamed(proc, 'docker-proxy')) {
    const words = commandLine(proc, pid);
    const after = (flag: string) => words[words.indexOf(flag) + 1] ?? '';
    if (!ports.has(after('-host-port')) || !addresses.has(after('-container-ip'))) continue;
    return {
      userlandProxy: observed(true, {
        kind: 'observed',
        source: `/proc/${pid}/cmdline`,
        object: 'docker-proxy',
        path: `-host-port ${after('-host-port')}`,
      }),
    };
  }
  return {};
}
