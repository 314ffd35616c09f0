/** Fixtures for the tests: a workload and its files in one YAML text, and facts as lines that people can read and write. */
import { formatOrigin } from '../../core/origin.ts';
import { SourceText } from '../../core/text.ts';
import { bareWorkload } from '../../network/bare-workload.ts';
import type { Arguments, Mount, Publication, Text, Workload } from '../../network/model.ts';
import type { Files } from '../files.ts';
import type { ModelPart } from '../reader.ts';
import { emptyPart } from '../reader.ts';
import type { Tree } from './formats/tree.ts';
import { entries, get, items, scalar, scalars, text } from './formats/tree.ts';
import { readYaml } from './formats/yaml.ts';
import type { AgentsPart } from './index.ts';

export interface Fixture {
  readonly part: ModelPart;
  readonly files: Files;
  readonly expected: readonly string[];
}

/** Reads `workload:` (one) or `workloads:` (by name), `files:` (path on the host → text), `expect:`. */
export function readFixture(file: string, yaml: string): Fixture {
  const source = new SourceText(file, yaml);
  const { tree, problems } = readYaml({ path: file, text: yaml, at: (start, end, exact = false) => source.origin(start, end, { exact }) });
  const [problem] = problems;
  if (problem !== undefined) throw new SyntaxError(`${formatOrigin(problem.origin)} ${problem.message}`);
  const several = entries(get(tree, 'workloads'));
  const single = get(tree, 'workload');
  const named = single === undefined ? several.map(([name, node]) => [name, node] as const) : [['agent', single] as const];
  const texts = new Map(entries(get(tree, 'files')).map(([path, node]) => [path, text(node) ?? '']));
  return {
    part: {
      ...emptyPart,
      workloads: named.map(([name, node]) => workloadOf(name, node)),
      namespaces: named.map(([name]) => ({ id: name, kind: 'container', listenersComplete: false })),
      endpoints: named.map(([name, node]) => endpointOf(name, node)),
      publications: named.flatMap(([name, node]) => publicationsOf(name, node)),
    },
    files: filesOf(new Map([...texts, [file, yaml]])),
    expected: scalars(get(tree, 'expect')).map(([line]) => line.text),
  };
}

export function filesOf(texts: ReadonlyMap<string, string>): Files {
  return {
    exists: (path) => texts.has(path),
    read: (path) => {
      const found = texts.get(path);
      if (found !== undefined) return { ok: true, source: new SourceText(path, found) };
      const folder = [...texts.keys()].some((one) => one.startsWith(`${path}/`));
      return folder
        ? { ok: false, reason: 'not-a-file', message: 'not a regular file' }
        : { ok: false, reason: 'missing', message: 'no such file' };
    },
  };
}

function workloadOf(name: string, node: Tree): Workload {
  const image = scalar(get(node, 'image'));
  const [entrypoint, command, logging] = [argumentsOf(get(node, 'entrypoint')), argumentsOf(get(node, 'command')), get(node, 'logging')];
  return bareWorkload({
    id: name,
    name,
    declaredBy: text(get(node, 'declaredBy')) === 'docker-run' ? 'docker-run' : 'compose',
    origin: node.origin,
    namespaceId: name,
    ...(image === undefined ? {} : { image: { value: image.text, origin: image.origin } }),
    environment: entries(get(node, 'environment')).map(([key, value]) => ({
      name: key,
      value: value.kind === 'null' ? undefined : (text(value) ?? ''),
      origin: value.origin,
    })),
    ...(entrypoint === undefined ? {} : { entrypoint }),
    ...(command === undefined ? {} : { command }),
    mounts: entries(get(node, 'mounts')).map(([target, value]) => mountOf(target, value)),
    exposed: scalars(get(node, 'expose')).map(([port]) => ({ port: Number(port.text), transport: 'tcp', origin: port.origin })),
    ...(logging === undefined
      ? {}
      : { logging: { driver: text(get(logging, 'driver')) ?? '', origin: logging.origin, options: optionsOf(logging) } }),
  });
}

const optionsOf = (logging: Tree) =>
  entries(get(logging, 'options')).map(([name, value]) => ({ name, value: text(value) ?? '', origin: value.origin }));

const textOf = (value: { readonly text: string; readonly origin: Text['origin'] }): Text => ({ value: value.text, origin: value.origin });

function argumentsOf(node: Tree | undefined): Arguments | undefined {
  if (node === undefined) return undefined;
  return { form: node.kind === 'list' ? 'exec' : 'shell', values: scalars(node).map(([value]) => textOf(value)), origin: node.origin };
}

/** A string is a bind mount of that path, a map is `{content: …}` or `{volume: name}`. */
function mountOf(target: string, value: Tree): Mount {
  const base = { target, readOnly: true, origin: value.origin };
  const content = scalar(get(value, 'content'));
  if (content !== undefined) return { ...base, kind: 'config', content: textOf(content) };
  const volume = text(get(value, 'volume'));
  return volume === undefined ? { ...base, kind: 'bind', source: text(value) ?? '' } : { ...base, kind: 'volume', source: volume };
}

function endpointOf(name: string, node: Tree): ModelPart['endpoints'][number] {
  return {
    id: `${name}@net`,
    namespaceId: name,
    networkId: 'net',
    workloadId: name,
    names: [{ name, kind: 'service', origin: node.origin }],
    gatewayPriority: 0,
    origin: node.origin,
  };
}

function publicationsOf(name: string, node: Tree): readonly Publication[] {
  return items(get(node, 'ports')).flatMap((port) => {
    const [host = '', container = '', transport = 'tcp'] = (text(port) ?? '').split(/[:/]/);
    const udp = transport === 'udp' ? 'udp' : 'tcp';
    return [
      {
        workloadId: name,
        namespaceId: name,
        hostPort: Number(host),
        containerPort: Number(container),
        transport: udp,
        mode: 'ingress',
        origin: port.origin,
        knowledge: 'declared',
      } as const,
    ];
  });
}

/** Facts as lines, in the order of links, listeners, registrations, problems. */
export function describe(found: AgentsPart): readonly string[] {
  return [
    ...found.links.map((link) => {
      const flags = [
        link.application,
        link.transport === 'tcp' ? '' : link.transport,
        link.plane === 'control' ? 'control' : '',
        link.evaluator === 'container' ? '' : link.evaluator,
        link.generic ? 'generic' : '',
      ];
      return `${link.workloadId} ${link.purpose} ${link.host ?? '?'}:${link.port ?? '?'} (${flags.filter((flag) => flag !== '').join(' ')}) at ${formatOrigin(link.hostOrigin ?? link.origin)}`;
    }),
    ...found.listeners.map((one) => {
      const place = one.origin.kind === 'default' ? 'default' : formatOrigin(one.origin);
      return `${one.workloadId} listens on ${one.address}:${one.port}/${one.transport} (${one.application ?? 'unknown'} ${one.knowledge}) at ${place}`;
    }),
    ...found.registrations.map(
      (one) =>
        `${one.workloadId} registers ${one.service} as ${one.address}:${one.port} for ${one.audience} at ${formatOrigin(one.addressOrigin ?? one.origin)}`,
    ),
    ...found.problems.map((problem) => `${problem.severity} ${problem.code} at ${formatOrigin(problem.origin)}`),
  ];
}
