import type { Arguments, ExtraHost, Healthcheck, Mount, Workload } from '../../network/model.ts';
import type { InspectedContainer } from './inspected.ts';
import {
  booleanOf,
  entriesOf,
  field,
  fieldAt,
  itemsOf,
  numberOf,
  originOf,
  type Place,
  settingsOf,
  textOf,
  textsOf,
} from './json-place.ts';
import { readContainerPort } from './ports.ts';

/** What `docker inspect` says of the container itself; where it runs (`namespaceId`) was resolved before. */
export function readWorkload(container: InspectedContainer, namespaceId: string): Workload {
  const { place, name, mode } = container;
  const config = field(place, 'Config');
  const host = field(place, 'HostConfig');
  const optional = {
    project: textOf(fieldAt(config, 'Labels', 'com.docker.compose.project')),
    hostname: readHostname(container, config),
    image: readImage(config),
    entrypoint: readArguments(field(config, 'Entrypoint')),
    command: readArguments(field(config, 'Cmd')),
    publishAll: booleanOf(field(host, 'PublishAllPorts')) === true ? originOf(field(host, 'PublishAllPorts')) : undefined,
    healthcheck: readHealthcheck(field(config, 'Healthcheck')),
    logging: readLogging(field(host, 'LogConfig')),
    restart: readRestart(field(host, 'RestartPolicy')),
    user: textOf(field(config, 'User')),
  };
  return {
    id: name,
    name,
    containerName: name,
    declaredBy: 'engine',
    origin: originOf(place),
    namespaceId,
    networkMode: { value: mode, origin: originOf(field(host, 'NetworkMode')) },
    environment: readEnvironment(field(config, 'Env')),
    mounts: [...readMounts(field(place, 'Mounts')), ...readTmpfs(field(host, 'Tmpfs'))],
    labels: settingsOf(field(config, 'Labels')),
    extraHosts: readExtraHosts(field(host, 'ExtraHosts')),
    dns: {
      servers: textsOf(field(host, 'Dns')),
      search: textsOf(field(host, 'DnsSearch')),
      options: textsOf(field(host, 'DnsOptions')),
    },
    legacyLinks: readLinks(container),
    exposed: entriesOf(field(config, 'ExposedPorts')).flatMap(([key, item]) => {
      const port = readContainerPort(item, key);
      return port === undefined ? [] : [{ ...port, origin: originOf(item) }];
    }),
    dependsOn: [],
    resources: readResources(host),
    replicas: 1,
    capAdd: textsOf(field(host, 'CapAdd')).map((text) => text.value),
    privileged: booleanOf(field(host, 'Privileged')) ?? false,
    state: container.running ? 'running' : 'stopped',
    ...withoutUndefined(optional),
  };
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(values: T): Defined<T> {
  // The type says what the filter does, which Object.fromEntries cannot.
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}

/** The engine makes up a host name from the id; in host mode it shows the host's own. */
function readHostname(container: InspectedContainer, config: Place): string | undefined {
  const hostname = textOf(field(config, 'Hostname'));
  const madeUp = container.mode === 'host' || container.mode.startsWith('container:') || hostname === container.id.slice(0, 12);
  return madeUp ? undefined : hostname;
}

function readImage(config: Place): Workload['image'] {
  const place = field(config, 'Image');
  const value = textOf(place);
  return value === undefined ? undefined : { value, origin: originOf(place) };
}

/** Empty strings count here: an empty argument is an argument. Old engines wrote a single string where one word was given. */
function readArguments(place: Place): Arguments | undefined {
  const items = typeof place.value === 'string' ? [place] : itemsOf(place);
  const values = items.flatMap((item) => {
    const value = item.value === '' ? '' : textOf(item);
    return value === undefined ? [] : [{ value, origin: originOf(item) }];
  });
  return values.length === 0 ? undefined : { form: 'exec', values, origin: originOf(place) };
}

/** `NAME=value`; a bare `NAME` removes a variable of the image. */
function readEnvironment(place: Place): Workload['environment'] {
  return textsOf(place).flatMap(({ value, origin }) => {
    const equals = value.indexOf('=');
    return equals < 1 ? [] : [{ name: value.slice(0, equals), value: value.slice(equals + 1), origin }];
  });
}

function readMounts(place: Place): readonly Mount[] {
  return itemsOf(place).flatMap((item) => {
    const kind = textOf(field(item, 'Type')) ?? 'bind'; // engines before 17.06 had binds only and no type
    const target = textOf(field(item, 'Destination'));
    if (target === undefined || (kind !== 'bind' && kind !== 'volume' && kind !== 'tmpfs')) return [];
    const source = textOf(field(item, kind === 'volume' ? 'Name' : 'Source'));
    const readOnly = booleanOf(field(item, 'RW')) === false;
    return [{ kind, ...(source === undefined ? {} : { source }), target, readOnly, origin: originOf(item) }];
  });
}

function readTmpfs(place: Place): readonly Mount[] {
  return entriesOf(place).map(([target, item]) => ({ kind: 'tmpfs', target, readOnly: false, origin: originOf(item) }));
}

/** `name:address`, where the address may be IPv6, with or without brackets. */
function readExtraHosts(place: Place): readonly ExtraHost[] {
  return textsOf(place).flatMap(({ value, origin }) => {
    const match = /^([^:=]+)[:=]\[?([^[\]]+)\]?$/.exec(value);
    return match === null ? [] : [{ name: match[1] ?? '', address: match[2] ?? '', origin }];
  });
}

/** `/db:/web/database` on the default bridge; `db:database` per network on the others. */
function readLinks(container: InspectedContainer): Workload['legacyLinks'] {
  const { place } = container;
  const perNetwork = entriesOf(fieldAt(place, 'NetworkSettings', 'Networks')).flatMap(([, network]) => textsOf(field(network, 'Links')));
  const links = [...textsOf(fieldAt(place, 'HostConfig', 'Links')), ...perNetwork].flatMap(({ value, origin }) => {
    const [target = '', alias = target] = value.split(':').map((part) => part.slice(part.lastIndexOf('/') + 1));
    return target === '' ? [] : [{ target, alias, origin }];
  });
  return links.filter((link, at) => links.findIndex((other) => other.target === link.target && other.alias === link.alias) === at);
}

function readHealthcheck(place: Place): Healthcheck | undefined {
  const test = readArguments(field(place, 'Test'));
  const [kind, ...words] = test?.values ?? [];
  if (test === undefined || kind === undefined) return undefined;
  const known = { disabled: kind.value === 'NONE', origin: originOf(place) };
  const times = {
    intervalMs: milliseconds(field(place, 'Interval')),
    timeoutMs: milliseconds(field(place, 'Timeout')),
    startPeriodMs: milliseconds(field(place, 'StartPeriod')),
    retries: numberOf(field(place, 'Retries')) || undefined,
  };
  const form = kind.value === 'CMD-SHELL' ? 'shell' : 'exec';
  return { ...known, test: known.disabled ? undefined : { form, values: words, origin: test.origin }, ...withoutUndefined(times) };
}

/** Durations travel as nanoseconds; 0 means that the engine's default holds. */
function milliseconds(place: Place): number | undefined {
  const nanoseconds = numberOf(place);
  return nanoseconds === undefined || nanoseconds <= 0 ? undefined : nanoseconds / 1e6;
}

function readResources(host: Place): Workload['resources'] {
  const memory = numberOf(field(host, 'Memory')) ?? 0;
  const nanoCpus = numberOf(field(host, 'NanoCpus')) ?? 0;
  const quota = numberOf(field(host, 'CpuQuota')) ?? 0;
  const period = numberOf(field(host, 'CpuPeriod')) || 100_000; // the kernel's default, microseconds
  const cpus = nanoCpus > 0 ? nanoCpus / 1e9 : quota / period;
  if (memory <= 0 && cpus <= 0) return {};
  const origin = originOf(field(host, memory > 0 ? 'Memory' : nanoCpus > 0 ? 'NanoCpus' : 'CpuQuota'));
  return { ...(memory > 0 ? { memoryBytes: memory } : {}), ...(cpus > 0 ? { cpus } : {}), origin };
}

function readLogging(place: Place): Workload['logging'] {
  const driver = textOf(field(place, 'Type'));
  return driver === undefined ? undefined : { driver, options: settingsOf(field(place, 'Config')), origin: originOf(place) };
}

function readRestart(place: Place): Workload['restart'] {
  const name = textOf(field(place, 'Name'));
  const retries = numberOf(field(place, 'MaximumRetryCount')) ?? 0;
  return name === undefined ? undefined : { value: retries > 0 ? `${name}:${retries}` : name, origin: originOf(place) };
}
