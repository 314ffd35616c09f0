/** What `docker compose config --format json` prints for a project: all values merged, filled in and in the long form. */
import type { Node, ScalarNode } from './node.ts';
import { entriesAt, plain } from './node.ts';
import type { PathTable } from './pattern.ts';
import { pathTable, stepInto } from './pattern.ts';
import type { ComposeProject } from './project.ts';
import { formatDuration, parseBytes, parseDuration, splitCommand } from './values.ts';

type Print = (node: Node) => unknown;

export function resolvedJson(project: ComposeProject): unknown {
  const result: Record<string, unknown> = { name: project.name };
  const services: Record<string, unknown> = {};
  for (const service of project.services.values())
    services[service.name] = printService(
      service.node,
      new Map([...service.environment].map(([name, entry]) => [name, entry.value ?? null])),
      project.folder,
    );
  result.services = services;
  for (const kind of ['networks', 'volumes', 'configs', 'secrets'] as const) {
    const entries = entriesAt(project.root, kind);
    if (entries.size === 0) continue;
    result[kind] = Object.fromEntries([...entries].map(([name, entry]) => [name, printResource(kind, entry.value)]));
  }
  for (const [name, entry] of project.root.entries) if (name.startsWith('x-')) result[name] = plain(entry.value);
  return escapeDollars(result);
}

function printService(node: Node, environment: ReadonlyMap<string, string | null>, folder: string): unknown {
  // Compose prints these even when they are not there.
  const result: Record<string, unknown> = { command: null, entrypoint: null };
  for (const [name, entry] of entriesAt(node)) {
    if (name === 'environment' || name === 'env_file' || name === 'extends' || isExtension(name)) continue;
    const value = print(entry.value, stepInto(printers, name));
    if (!isZero(name, value)) result[name] = value;
  }
  if (environment.size > 0) result.environment = Object.fromEntries(environment);
  const { build, deploy } = result;
  if (isObject(build)) result.build = { context: folder, ...('dockerfile_inline' in build ? {} : { dockerfile: 'Dockerfile' }), ...build };
  if (isObject(deploy)) result.deploy = { placement: {}, resources: {}, ...deploy };
  return result;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Go leaves zero values out, except those for which "nothing said" and "zero" differ. */
function isZero(name: string, value: unknown): boolean {
  if (['command', 'entrypoint', 'init', 'scale', 'attach', 'healthcheck', 'networks', 'deploy', 'logging'].includes(name))
    return value === undefined;
  if (value === null || value === false || value === '' || value === 0 || value === '0') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function printResource(kind: string, node: Node): unknown {
  const result: Record<string, unknown> = {};
  for (const [name, entry] of entriesAt(node)) {
    if (isExtension(name)) continue;
    const value = print(entry.value, stepInto(resourcePrinters, name));
    if ((value !== false || name === 'enable_ipv4') && value !== '' && !(name === 'labels' && isZero(name, value))) result[name] = value;
  }
  if (kind === 'networks' && !('ipam' in result)) result.ipam = {};
  return result;
}

function print(node: Node, table: PathTable<Print> | undefined): unknown {
  if (table?.value !== undefined) return table.value(node);
  switch (node.kind) {
    case 'null':
      return null;
    case 'scalar':
      return node.value;
    case 'list':
      return node.items.map((item) => print(item, stepInto(table, '*')));
    case 'map':
      return Object.fromEntries(own(node).map(([name, entry]) => [name, print(entry.value, stepInto(table, name))]));
    default:
      return node satisfies never;
  }
}

/** Users' own keys are printed at the top of the file only. */
const isExtension = (name: string): boolean => name.startsWith('x-');

const own = (node: Node) => [...entriesAt(node)].filter(([name]) => !isExtension(name));

const onScalar =
  (change: (node: ScalarNode) => unknown): Print =>
  (node) =>
    node.kind === 'scalar' ? change(node) : print(node, undefined);

const asText = onScalar((node) => node.text);
const asBytes = onScalar((node) => String(parseBytes(node.text) ?? node.text));
const asDuration = onScalar((node) => formatDuration(parseDuration(node.text) ?? 0));
const asNumber = onScalar((node) => Number(node.text));
const words: Print = (node) => (node.kind === 'scalar' ? (splitCommand(node.text) ?? []) : print(node, undefined));

const asHosts: Print = (node) =>
  node.kind === 'list'
    ? [...node.items]
        .sort((a, b) => (scalarText(a, 'host') < scalarText(b, 'host') ? -1 : scalarText(a, 'host') > scalarText(b, 'host') ? 1 : 0))
        .map((item) => `${scalarText(item, 'host')}=${scalarText(item, 'address')}`)
    : print(node, undefined);

const scalarText = (node: Node, name: string): string => {
  const value = entriesAt(node).get(name)?.value;
  return value?.kind === 'scalar' ? value.text : '';
};

/** Like every map: without what is zero. */
const withoutZeros =
  (...kept: readonly string[]): Print =>
  (node) =>
    Object.fromEntries(
      own(node)
        .map(([name, entry]) => [name, print(entry.value, undefined)] as const)
        .filter(([name, value]) => kept.includes(name) || (value !== false && value !== '' && value !== null && value !== 0)),
    );

const mount: Print = (node) =>
  Object.fromEntries(
    own(node)
      .map(
        ([name, entry]) =>
          [
            name,
            name === 'tmpfs'
              ? print(entry.value, tmpfsPrinters)
              : name === 'bind' || name === 'volume'
                ? withoutZeros()(entry.value)
                : print(entry.value, undefined),
          ] as const,
      )
      .filter(([, value]) => value !== false && value !== ''),
  );

const attachment: Print = (node) => {
  if (node.kind !== 'map') return null;
  return Object.fromEntries(
    own(node)
      .map(([name, entry]) => [name, name === 'driver_opts' ? print(entry.value, texts) : print(entry.value, undefined)] as const)
      .filter(([, value]) => value !== 0 && value !== '' && !(Array.isArray(value) && value.length === 0)),
  );
};

const texts: PathTable<Print> = pathTable({ '*': asText });
const tmpfsPrinters: PathTable<Print> = pathTable({ size: asBytes });

const printers = pathTable<Print>({
  'annotations.*': asText,
  'build.args': (node) =>
    Object.fromEntries([...entriesAt(node)].flatMap(([name, { value }]) => (value.kind === 'scalar' ? [[name, value.text]] : []))),
  'build.extra_hosts': asHosts,
  'build.labels.*': asText,
  command: words,
  'configs.*': withoutZeros(),
  'depends_on.*': withoutZeros('required'),
  'deploy.labels.*': asText,
  'deploy.resources.limits.cpus': asNumber,
  'deploy.resources.limits.memory': asBytes,
  'deploy.resources.reservations.cpus': asNumber,
  'deploy.resources.reservations.memory': asBytes,
  'deploy.restart_policy.delay': asDuration,
  'deploy.restart_policy.window': asDuration,
  'deploy.rollback_config.delay': asDuration,
  'deploy.rollback_config.monitor': asDuration,
  'deploy.update_config.delay': asDuration,
  'deploy.update_config.monitor': asDuration,
  entrypoint: words,
  'expose.*': asText,
  extra_hosts: asHosts,
  'group_add.*': asText,
  healthcheck: (node) =>
    Object.fromEntries(
      own(node)
        .map(
          ([name, entry]) =>
            [
              name,
              ['interval', 'timeout', 'start_period', 'start_interval'].includes(name)
                ? asDuration(entry.value)
                : print(entry.value, undefined),
            ] as const,
        )
        .filter(([, value]) => value !== false && value !== 0 && !(Array.isArray(value) && value.length === 0)),
    ),
  'labels.*': asText,
  'logging.options.*': (node) => (node.kind === 'scalar' ? node.text : ''),
  mem_limit: asBytes,
  mem_reservation: asBytes,
  memswap_limit: asBytes,
  'networks.*': attachment,
  'ports.*': withoutZeros(),
  'secrets.*': withoutZeros(),
  shm_size: asBytes,
  stop_grace_period: asDuration,
  'sysctls.*': asText,
  'volumes.*': mount,
});

const resourcePrinters = pathTable<Print>({ 'driver_opts.*': asText, 'labels.*': asText });

/** `config` escapes what it prints, so that its output can be read again. */
function escapeDollars(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$', '$$$$');
  if (Array.isArray(value)) return value.map(escapeDollars);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name.replaceAll('$', '$$$$'), escapeDollars(inner)]));
}
