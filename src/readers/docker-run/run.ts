import { parseAddress } from '../../core/address.ts';
import type { ExposedPort, ExtraHost, Healthcheck } from '../../network/model.ts';
import { readAttachments } from './attachments.ts';
import { type ContainerSpec, settingOf, textOf } from './container.ts';
import { readEnvironment, readLabels } from './environment.ts';
import { GivenFlags } from './given.ts';
import type { Call } from './interpreter.ts';
import { readMounts } from './mounts.ts';
import type { ParsedFlags } from './parse-flags.ts';
import { type PortMapping, readExpose, readPublish } from './ports.ts';
import type { ReadContext } from './read-context.ts';
import type { Remarks } from './remarks.ts';
import { parseDecimal, parseDurationMs, parseInteger, parseSizeBytes } from './values.ts';
import { Text } from './word.ts';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** What a `docker run` or `docker create` asks for; undefined when it names no image. */
export function readRun(call: Call, parsed: ParsedFlags, context: ReadContext): ContainerSpec | undefined {
  const { remarks, source } = context;
  const given = new GivenFlags(parsed.flags);
  const [imageWord, ...argumentWords] = parsed.operands;
  if (imageWord === undefined) return undefined;
  const image = readImage(new Text(source, imageWord), remarks);
  const memory = given.last('memory');
  const bytes = memory?.known === true ? parseSizeBytes(memory.value) : undefined;
  const cpus = given.last('cpus');
  const cpuCount = cpus?.known === true ? parseDecimal(cpus.value) : undefined;
  const healthcheck = readHealthcheck(given, remarks);
  checkPull(given.last('pull'), remarks);
  return {
    image,
    command: argumentWords.map((word) => new Text(source, word)),
    attachments: readAttachments(given, remarks),
    ports: readPorts(given, context),
    exposed: readExposed(given, context),
    environment: readEnvironment(given, call, context),
    labels: readLabels(given, context),
    mounts: readMounts(given, context),
    extraHosts: given.all('add-host').flatMap((text) => readExtraHost(text, remarks)),
    dns: {
      servers: given
        .all('dns')
        .filter((text) => isDnsServer(text, remarks))
        .map(textOf),
      search: given.all('dns-search').map(textOf),
      options: given.all('dns-option').map(textOf),
    },
    links: given.all('link').flatMap((text) => readLink(text, remarks)),
    logOptions: given.all('log-opt').map(settingOf),
    capAdd: given.all('cap-add').map((text) => text.value),
    privileged: given.isSet('privileged'),
    ...optional('name', readName(given.last('name'), remarks)),
    ...optional('hostname', known(given.last('hostname'))),
    ...optional('entrypoint', given.last('entrypoint')),
    ...optional('publishAll', given.isSet('publish-all') ? given.last('publish-all') : undefined),
    ...optional('healthcheck', healthcheck),
    ...optional('memory', bytes === undefined || memory === undefined ? undefined : { bytes, text: memory }),
    ...optional('cpus', cpuCount === undefined || cpus === undefined ? undefined : { value: cpuCount, text: cpus }),
    ...optional('restart', readRestart(given, remarks)),
    ...optional('logDriver', given.last('log-driver')),
    ...optional('user', given.last('user')?.value),
  };
}

function optional<K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } {
  // A computed key widens to `string`; it is exactly K.
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: T };
}

const known = (text: Text | undefined): Text | undefined => (text?.known === true ? text : undefined);

function readImage(image: Text, remarks: Remarks): Text {
  if (!image.known) remarks.unknown(image, 'the image');
  else {
    const repository = image.value.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
    const path =
      /^[^/]*[.:][^/]*\//.test(repository) || repository.startsWith('localhost/')
        ? repository.slice(repository.indexOf('/') + 1)
        : repository;
    if (/[A-Z]/.test(path) && /^[\w./:-]+$/.test(path) && !/^[A-Z_]+$/.test(path))
      remarks.error(
        'docker-invalid-image',
        `the image's name "${image.value}" has capital letters`,
        `write ${image.value.replace(path, path.toLowerCase())}`,
        image.origin,
      );
  }
  return image;
}

function readName(name: Text | undefined, remarks: Remarks): Text | undefined {
  if (name === undefined || name.value === '') return undefined;
  if (!name.known) remarks.unknown(name, "the container's name");
  else if (!NAME.test(name.value))
    remarks.error(
      'docker-invalid-name',
      `"${name.value}" is no name for a container${name.value.length === 1 ? ': it needs at least two characters' : ''}`,
      'use two or more of letters, digits, _ . and -, the first a letter or digit',
      name.origin,
    );
  return name;
}

function readPorts(given: GivenFlags, context: ReadContext): readonly PortMapping[] {
  return given.all('publish').flatMap((text) => withinBudget(text, context, readPublish));
}

function readExposed(given: GivenFlags, context: ReadContext): readonly ExposedPort[] {
  return given
    .all('expose')
    .flatMap((text) => withinBudget(text, context, readExpose))
    .map(({ port, transport, text }) => ({ port, transport, origin: text.origin }));
}

function withinBudget<T>(text: Text, { budget, remarks }: ReadContext, read: (text: Text, remarks: Remarks) => readonly T[]): readonly T[] {
  if (budget.ports <= 0) {
    remarks.gap('docker-too-many-ports', 'there are more ports than are looked at', 'publish smaller ranges', text.origin);
    return [];
  }
  const found = read(text, remarks);
  budget.ports -= found.length;
  return found;
}

/** `name:address` and `name=address`; the name ends at the first of both, as an IPv6 address has colons of its own. */
function readExtraHost(text: Text, remarks: Remarks): readonly ExtraHost[] {
  const at = text.value.search(/[:=]/);
  const name = text.slice(0, Math.max(0, at));
  const address = text.slice(at + 1);
  if (at <= 0) {
    remarks.error(
      'docker-invalid-host',
      `docker refuses \`--add-host ${text.value}\`: it is no NAME:ADDRESS`,
      'write for example host.docker.internal:host-gateway',
      text.origin,
    );
    return [];
  }
  if (!text.known) {
    remarks.unknown(text, `the address of the extra host ${name.value}`);
    return [];
  }
  const bare = address.value.replace(/^\[(.*)\]$/, '$1');
  if (bare !== 'host-gateway' && parseAddress(bare) === undefined) {
    remarks.error(
      'docker-invalid-host',
      `docker refuses \`--add-host ${text.value}\`: "${address.value}" is no IP address`,
      'write an IPv4 or IPv6 address, or host-gateway; names are not looked up',
      address.origin,
    );
    return [];
  }
  return [{ name: name.value, address: bare, origin: text.origin }];
}

function isDnsServer(text: Text, remarks: Remarks): boolean {
  if (!text.known || parseAddress(text.value) !== undefined) return true;
  remarks.error(
    'docker-invalid-address',
    `docker refuses \`--dns ${text.value}\`: it is no IP address`,
    'write the address of a DNS server, without a port',
    text.origin,
  );
  return false;
}

function readLink(text: Text, remarks: Remarks): ContainerSpec['links'] {
  const parts = text.split(':');
  const [target, alias] = parts;
  if (target === undefined || target.value === '' || parts.length > 2) {
    remarks.error('docker-invalid-link', `docker refuses \`--link ${text.value}\``, 'write CONTAINER or CONTAINER:ALIAS', text.origin);
    return [];
  }
  // `--link /db:/app/db`, as `docker inspect` prints it, is accepted too.
  const bare = target.value.replace(/^\//, '');
  return [
    { target: bare, alias: alias === undefined || alias.value === '' ? bare : alias.value.slice(alias.value.lastIndexOf('/') + 1), text },
  ];
}

function checkPull(text: Text | undefined, remarks: Remarks): void {
  if (text?.known === true && !['', 'always', 'missing', 'never'].includes(text.value))
    remarks.error('docker-invalid-value', `--pull "${text.value}" is no way to pull`, 'write always, missing or never', text.origin);
}

function readRestart(given: GivenFlags, remarks: Remarks): Text | undefined {
  const text = given.last('restart');
  if (text === undefined || !text.known) return undefined;
  const { before, after } = text.cut(':');
  const policies = ['', 'no', 'always', 'unless-stopped', 'on-failure'];
  if (!policies.includes(before.value))
    remarks.error(
      'docker-invalid-value',
      `--restart "${text.value}" is no restart policy`,
      'write no, always, unless-stopped or on-failure[:N]',
      text.origin,
    );
  else if (after !== undefined && (before.value !== 'on-failure' || parseInteger(after.value) === undefined))
    remarks.error(
      'docker-invalid-value',
      `--restart "${text.value}" has a wrong number of retries`,
      'only on-failure takes one: on-failure:5',
      text.origin,
    );
  if (given.isSet('rm') && before.value !== 'no' && before.value !== '')
    remarks.error(
      'docker-conflicting-options',
      '--restart and --rm exclude each other; docker refuses both together',
      'keep one of them',
      text.origin,
    );
  return text;
}

function readHealthcheck(given: GivenFlags, remarks: Remarks): Healthcheck | undefined {
  const names = ['health-cmd', 'health-interval', 'health-timeout', 'health-retries', 'health-start-period', 'health-start-interval'];
  const texts = names.flatMap((name) => given.last(name) ?? []);
  const off = given.isSet('no-healthcheck') ? given.last('no-healthcheck') : undefined;
  const [first] = texts;
  if (off !== undefined) {
    if (first !== undefined)
      remarks.error(
        'docker-conflicting-options',
        '--no-healthcheck and --health-* exclude each other; docker refuses both together',
        'keep one of them',
        off.origin,
      );
    return { disabled: true, test: undefined, origin: off.origin };
  }
  const command = given.last('health-cmd');
  const retries = given.last('health-retries');
  if (first === undefined) return undefined;
  if (retries?.known === true && (parseInteger(retries.value) ?? 0) < 0)
    remarks.error('docker-invalid-value', `--health-retries ${retries.value} is negative`, 'write 1 or more', retries.origin);
  return {
    disabled: false,
    test: command === undefined ? undefined : { form: 'shell', values: [textOf(command)], origin: command.origin },
    ...optional('intervalMs', duration(given.last('health-interval'))),
    ...optional('timeoutMs', duration(given.last('health-timeout'))),
    ...optional('retries', retries === undefined ? undefined : parseInteger(retries.value)),
    ...optional('startPeriodMs', duration(given.last('health-start-period'))),
    origin: (command ?? first).origin,
  };
}

const duration = (text: Text | undefined): number | undefined => (text === undefined ? undefined : parseDurationMs(text.value));
