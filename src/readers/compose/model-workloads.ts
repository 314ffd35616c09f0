import { resolve } from 'node:path';
import type {
  Arguments,
  Dependency,
  EnvironmentVariable,
  ExtraHost,
  Healthcheck,
  Mount,
  Setting,
  Text,
  Workload,
} from '../../network/model.ts';
import { exposedOf } from './model-ports.ts';
import type { Node, ScalarNode } from './node.ts';
import { entriesAt, itemsAt, mapAt, originOf, subPlace, textAt } from './node.ts';
import type { ComposeProject, ComposeService } from './project.ts';
import { replicasOf } from './to-model.ts';
import { parseBytes, parseDuration, splitCommand } from './values.ts';

const textOf = (node: ScalarNode): Text => ({ value: node.text, origin: originOf(node.place) });

const textsAt = (node: Node, key: string): readonly Text[] =>
  itemsAt(node, key).flatMap((item) => (item.kind === 'scalar' ? [textOf(item)] : []));

export function workloadOf(service: ComposeService, namespaceId: string, project: ComposeProject): Workload {
  const { node } = service;
  const image = textAt(node, 'image');
  const mode = textAt(node, 'network_mode');
  const entrypoint = argumentsAt(node, 'entrypoint');
  const command = argumentsAt(node, 'command');
  const restart = textAt(node, 'restart');
  const healthcheck = healthcheckOf(node);
  const logging = loggingOf(node);
  const containerName = textAt(node, 'container_name')?.text;
  const hostname = textAt(node, 'hostname')?.text;
  const user = textAt(node, 'user')?.text;
  return {
    id: service.workloadId,
    name: service.name,
    declaredBy: 'compose',
    origin: originOf(service.key),
    namespaceId,
    project: project.name,
    ...(mode === undefined || mode.text === '' ? {} : { networkMode: textOf(mode) }),
    ...(containerName === undefined ? {} : { containerName }),
    ...(hostname === undefined ? {} : { hostname }),
    ...(image === undefined ? {} : { image: textOf(image) }),
    environment: [...service.environment].map(
      ([name, entry]): EnvironmentVariable => ({ name, value: entry.value, origin: originOf(entry.node.place) }),
    ),
    ...(entrypoint === undefined ? {} : { entrypoint }),
    ...(command === undefined ? {} : { command }),
    mounts: mountsOf(service, project),
    labels: [...entriesAt(node, 'labels')].flatMap(([name, { value }]) =>
      value.kind === 'scalar' ? [{ name, value: value.text, origin: originOf(value.place) }] : [],
    ),
    extraHosts: itemsAt(node, 'extra_hosts').flatMap(extraHostOf),
    dns: { servers: textsAt(node, 'dns'), search: textsAt(node, 'dns_search'), options: textsAt(node, 'dns_opt') },
    legacyLinks: [
      ...itemsAt(node, 'links').flatMap((item) => linkOf(item, project)),
      ...itemsAt(node, 'external_links').flatMap((item) => linkOf(item, undefined)),
    ],
    exposed: exposedOf(service),
    ...(healthcheck === undefined ? {} : { healthcheck }),
    dependsOn: [...entriesAt(node, 'depends_on')]
      .filter(([name]) => project.services.has(name))
      .map(([name, entry]) => dependencyOf(name, entry.value, originOf(entry.key), project)),
    resources: resourcesOf(node),
    ...(logging === undefined ? {} : { logging }),
    ...(restart === undefined ? {} : { restart: textOf(restart) }),
    replicas: replicasOf(service),
    capAdd: textsAt(node, 'cap_add').map((text) => text.value),
    privileged: textAt(node, 'privileged')?.value === true,
    ...(user === undefined ? {} : { user }),
    state: 'running',
  };
}

/** A text is split into words; each keeps its place where it can be found in the text as it is. */
function argumentsAt(node: Node, key: string): Arguments | undefined {
  const value = mapAt(node)?.entries.get(key)?.value;
  if (value?.kind === 'list') {
    return {
      form: 'exec',
      values: value.items.flatMap((item) => (item.kind === 'scalar' ? [textOf(item)] : [])),
      origin: originOf(value.place),
    };
  }
  if (value?.kind !== 'scalar') return undefined;
  let from = 0;
  const values = (splitCommand(value.text) ?? []).map((word) => {
    const found = value.text.indexOf(word, from);
    if (found !== -1) from = found + word.length;
    return {
      value: word,
      origin: originOf(found === -1 ? { ...value.place, exact: false } : subPlace(value.place, found, found + word.length)),
    };
  });
  return { form: 'shell', values, origin: originOf(value.place) };
}

function mountsOf(service: ComposeService, project: ComposeProject): readonly Mount[] {
  const { node } = service;
  const mounts = itemsAt(node, 'volumes').flatMap((item) => volumeMountOf(item, project));
  const temporary = itemsAt(node, 'tmpfs').flatMap((item): Mount[] =>
    item.kind === 'scalar' ? [{ kind: 'tmpfs', target: item.text.split(':')[0] ?? '', readOnly: false, origin: originOf(item.place) }] : [],
  );
  const files = (['config', 'secret'] as const).flatMap((kind) =>
    itemsAt(node, `${kind}s`).flatMap((item) => fileMountOf(kind, item, project)),
  );
  return [...mounts, ...temporary, ...files];
}

function volumeMountOf(item: Node, project: ComposeProject): readonly Mount[] {
  const type = textAt(item, 'type')?.text;
  const target = textAt(item, 'target')?.text;
  if (target === undefined || (type !== 'bind' && type !== 'volume' && type !== 'tmpfs')) return [];
  const source = textAt(item, 'source')?.text;
  const readOnly = textAt(item, 'read_only')?.value === true;
  const volume = type === 'volume' && source !== undefined ? mapAt(project.root, 'volumes', source) : undefined;
  // A local volume with `o: bind` is a folder of the host under another name.
  const device = textAt(volume, 'driver_opts', 'o')?.text === 'bind' ? textAt(volume, 'driver_opts', 'device')?.text : undefined;
  const name = device ?? (volume === undefined ? source : (textAt(volume, 'name')?.text ?? source));
  return [
    {
      kind: device === undefined ? type : 'bind',
      ...(name === undefined ? {} : { source: name }),
      target,
      readOnly,
      origin: originOf(item.place),
    },
  ];
}

function fileMountOf(kind: 'config' | 'secret', item: Node, project: ComposeProject): readonly Mount[] {
  const source = textAt(item, 'source');
  const definition = source === undefined ? undefined : mapAt(project.root, `${kind}s`, source.text);
  if (source === undefined || definition === undefined) return [];
  const target = textAt(item, 'target')?.text ?? source.text;
  const file = textAt(definition, 'file')?.text;
  const inline = kind === 'config' ? textAt(definition, 'content') : undefined;
  return [
    {
      kind,
      ...(file === undefined ? {} : { source: resolve(project.folder, file) }),
      ...(inline === undefined ? {} : { content: textOf(inline) }),
      target: target.startsWith('/') ? target : kind === 'config' ? `/${target}` : `/run/secrets/${target}`,
      readOnly: true,
      origin: originOf(item.place),
    },
  ];
}

function extraHostOf(item: Node): readonly ExtraHost[] {
  const name = textAt(item, 'host');
  const address = textAt(item, 'address');
  return name === undefined || address === undefined || address.text === ''
    ? []
    : [{ name: name.text, address: address.text, origin: originOf(item.place) }];
}

function linkOf(item: Node, project: ComposeProject | undefined): Workload['legacyLinks'] {
  if (item.kind !== 'scalar') return [];
  const [target = '', alias = target] = item.text.split(':');
  return [{ target: project === undefined ? target : `${project.name}/${target}`, alias, origin: originOf(item.place) }];
}

function dependencyOf(name: string, node: Node, origin: Dependency['origin'], project: ComposeProject): Dependency {
  const condition = textAt(node, 'condition')?.text;
  return {
    workloadId: `${project.name}/${name}`,
    condition: condition === 'service_healthy' || condition === 'service_completed_successfully' ? condition : 'service_started',
    restart: textAt(node, 'restart')?.value === true,
    required: textAt(node, 'required')?.value !== false,
    origin,
  };
}

function healthcheckOf(node: Node): Healthcheck | undefined {
  const check = mapAt(node, 'healthcheck');
  if (check === undefined) return undefined;
  const [form, ...words] = itemsAt(check, 'test').flatMap((item) => (item.kind === 'scalar' ? [item] : []));
  const duration = (key: string): number | undefined => parseDuration(textAt(check, key)?.text ?? '');
  const interval = duration('interval');
  const timeout = duration('timeout');
  const startPeriod = duration('start_period');
  const retries = textAt(check, 'retries')?.value;
  const test =
    form === undefined || form.text === 'NONE'
      ? undefined
      : { form: form.text === 'CMD' ? ('exec' as const) : ('shell' as const), values: words.map(textOf), origin: originOf(form.place) };
  return {
    disabled: textAt(check, 'disable')?.value === true || form?.text === 'NONE',
    test,
    ...(interval === undefined ? {} : { intervalMs: interval }),
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    ...(typeof retries === 'number' ? { retries } : {}),
    ...(startPeriod === undefined ? {} : { startPeriodMs: startPeriod }),
    origin: originOf(check.place),
  };
}

function resourcesOf(node: Node): Workload['resources'] {
  const memory = textAt(node, 'deploy', 'resources', 'limits', 'memory') ?? textAt(node, 'mem_limit');
  const cpus = textAt(node, 'deploy', 'resources', 'limits', 'cpus') ?? textAt(node, 'cpus');
  const memoryBytes = memory === undefined ? undefined : parseBytes(memory.text);
  const cpuCount = cpus === undefined ? undefined : Number(cpus.text);
  const first = memory ?? cpus;
  return {
    ...(memoryBytes === undefined || memoryBytes <= 0 ? {} : { memoryBytes }),
    ...(cpuCount === undefined || !(cpuCount > 0) ? {} : { cpus: cpuCount }),
    ...(first === undefined ? {} : { origin: originOf(first.place) }),
  };
}

function loggingOf(node: Node): Workload['logging'] {
  const logging = mapAt(node, 'logging');
  if (logging === undefined) return undefined;
  const options = [...entriesAt(logging, 'options')].flatMap(([name, { value }]): Setting[] =>
    value.kind === 'scalar' ? [{ name, value: value.text, origin: originOf(value.place) }] : [],
  );
  return { driver: textAt(logging, 'driver')?.text ?? 'json-file', options, origin: originOf(logging.place) };
}
