import { parseAddress } from '../../core/address.ts';
import type { Transport } from '../../network/model.ts';
import { isCsvKeyValue } from './csv.ts';
import type { Remarks } from './remarks.ts';
import type { Text } from './word.ts';

/** One port of `-p`, ranges taken apart. */
export interface PortMapping {
  readonly hostIp?: string;
  readonly hostPort?: number;
  /** The engine picks from `hostPort`..`hostPortTo`. */
  readonly hostPortTo?: number;
  readonly containerPort: number;
  readonly transport: Transport;
  readonly mode: 'ingress' | 'host';
  readonly text: Text;
  readonly hostPortText?: Text;
  readonly containerPortText?: Text;
}

interface Range {
  readonly first: number;
  readonly last: number;
  readonly text: Text;
}

const SHAPE = 'write [IP:][HOST_PORT:]CONTAINER_PORT[/tcp|udp|sctp], for example 8080:80 or 127.0.0.1:8080:80/udp';
const transports: readonly Transport[] = ['tcp', 'udp', 'sctp'];

/** Reads the value of `-p`; the grammar is that of go-connections' nat.ParsePortSpec, and the long form of swarm's ports. */
export function readPublish(text: Text, remarks: Remarks): readonly PortMapping[] {
  if (isCsvKeyValue(text.value)) return readLongPublish(text, remarks);
  const { spec, transport } = cutTransport(text, remarks);
  if (spec === undefined || transport === undefined) return [];
  const container = lastPart(spec);
  const host = container.rest === undefined ? undefined : lastPart(container.rest);
  if (container.part.value === '') return refuse(remarks, text, 'no container port', text);
  const ports = readRange(container.part, 'container port', text, remarks);
  const hostPorts = host === undefined || host.part.value === '' ? undefined : readRange(host.part, 'host port', text, remarks);
  const ip = host?.rest === undefined ? { ok: true } : readHostIp(host.rest, text, remarks);
  if (ports === undefined || !ip.ok || (hostPorts === undefined && host !== undefined && host.part.value !== '')) return [];
  return mapPorts(
    {
      text,
      transport,
      ports,
      ...(hostPorts === undefined ? {} : { hostPorts }),
      ...(ip.address === undefined ? {} : { hostIp: ip.address }),
    },
    remarks,
  );
}

/** Splits at the last colon, so that an IPv6 address in front may have as many as it likes. */
function lastPart(text: Text): { readonly part: Text; readonly rest?: Text } {
  const at = text.value.lastIndexOf(':');
  return at === -1 ? { part: text } : { part: text.slice(at + 1), rest: text.slice(0, at) };
}

function cutTransport(text: Text, remarks: Remarks): { readonly spec?: Text; readonly transport?: Transport } {
  const { before, after } = text.cut('/');
  if (after === undefined || after.value === '') return { spec: before, transport: 'tcp' };
  if (!after.known) {
    remarks.unknown(after, 'the protocol of a published port');
    return {};
  }
  const transport = transports.find((candidate) => candidate === after.value.toLowerCase());
  if (transport === undefined) {
    refuse(remarks, after, `"${after.value}" is no protocol`, text, 'write tcp, udp or sctp behind the slash');
    return {};
  }
  return { spec: before, transport };
}

/** `80` or `8000-8010`; undefined with a remark when it is neither, or not known. */
function readRange(text: Text, what: string, whole: Text, remarks: Remarks): Range | undefined {
  if (!text.known) {
    remarks.unknown(text, `the ${what} of \`-p ${whole.value}\``);
    return undefined;
  }
  const match = /^(\d+)(?:-(\d+))?$/.exec(text.value);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  if (match === null) {
    refuse(remarks, text, text.value === '' ? `the ${what} is empty` : `"${text.value}" is no ${what}`, whole);
    return undefined;
  }
  if (first > 65_535 || last > 65_535) {
    refuse(remarks, text, `${what} ${text.value} is above 65535`, whole, 'ports go from 0 to 65535');
    return undefined;
  }
  if (last < first) {
    refuse(remarks, text, `the range ${text.value} runs backwards`, whole, `write ${last}-${first}`);
    return undefined;
  }
  return { first, last, text };
}

function readHostIp(text: Text, whole: Text, remarks: Remarks): { readonly ok: boolean; readonly address?: string } {
  if (!text.known) {
    remarks.unknown(text, `the host address of \`-p ${whole.value}\``);
    return { ok: false };
  }
  const written = text.value;
  // `-p :8080:80` has an empty address, which docker takes for none.
  if (written === '') return { ok: true };
  const bare = /^\[(.*)\]$/.exec(written)?.[1] ?? written;
  if (parseAddress(bare) !== undefined) {
    if (bare === written && bare.includes(':'))
      remarks.warning(
        'docker-ipv6-brackets',
        `the IPv6 address in \`-p ${whole.value}\` has no brackets; several versions of docker refuse it`,
        `write ${whole.value.replace(bare, `[${bare}]`)}`,
        text.origin,
      );
    return { ok: true, address: bare };
  }
  const hint = bare === 'localhost' ? 'docker takes addresses only: write 127.0.0.1' : SHAPE;
  refuse(remarks, text, `"${written}" is no IP address`, whole, hint);
  return { ok: false };
}

interface Mapping {
  readonly text: Text;
  readonly transport: Transport;
  readonly ports: Range;
  readonly hostPorts?: Range;
  readonly hostIp?: string;
}

function mapPorts(mapping: Mapping, remarks: Remarks): readonly PortMapping[] {
  const { text, transport, ports, hostPorts, hostIp } = mapping;
  const count = ports.last - ports.first + 1;
  const hostCount = hostPorts === undefined ? count : hostPorts.last - hostPorts.first + 1;
  // A host range for one container port is a choice for the engine; any other difference is refused.
  if (hostCount !== count && count !== 1) {
    refuse(remarks, text, `${count} container ports cannot be mapped to ${hostCount} host ports`, text, 'give both ranges the same length');
    return [];
  }
  const single = count === 1;
  return Array.from({ length: count }, (_, index) => ({
    ...(hostIp === undefined ? {} : { hostIp }),
    ...hostSide(hostPorts, index, count),
    containerPort: ports.first + index,
    transport,
    mode: 'ingress' as const,
    text,
    ...(single ? { containerPortText: ports.text } : {}),
    ...(hostPorts !== undefined && single && hostCount === 1 ? { hostPortText: hostPorts.text } : {}),
  }));
}

/** Port 0 asks the engine to pick, as no port does. */
function hostSide(range: Range | undefined, index: number, count: number): { readonly hostPort?: number; readonly hostPortTo?: number } {
  if (range === undefined || (range.first === 0 && range.last === 0)) return {};
  if (count === 1 && range.last > range.first) return { hostPort: range.first, hostPortTo: range.last };
  return { hostPort: range.first + index };
}

/** `published=8080,target=80,protocol=tcp,mode=host`. */
function readLongPublish(text: Text, remarks: Remarks): readonly PortMapping[] {
  const fields = new Map(
    text.split(',').map((field) => {
      const { before, after } = field.cut('=');
      return [before.value.trim().toLowerCase(), after ?? field.slice(field.value.length)] as const;
    }),
  );
  for (const key of fields.keys())
    if (!['published', 'target', 'protocol', 'mode'].includes(key))
      return refuse(remarks, text, `it has no field "${key}"`, text, 'fields are target, published, protocol and mode');
  const target = fields.get('target');
  if (target === undefined) return refuse(remarks, text, 'it has no target', text, 'write published=8080,target=80');
  const ports = readRange(target, 'container port', text, remarks);
  const published = fields.get('published');
  const hostPorts = published === undefined ? undefined : readRange(published, 'host port', text, remarks);
  const protocol = fields.get('protocol')?.value.toLowerCase() ?? 'tcp';
  const transport = transports.find((candidate) => candidate === protocol);
  if (transport === undefined) return refuse(remarks, text, `"${protocol}" is no protocol`, text, 'write protocol=tcp, udp or sctp');
  if (ports === undefined || (published !== undefined && hostPorts === undefined)) return [];
  const mode = fields.get('mode')?.value === 'host' ? 'host' : 'ingress';
  return mapPorts({ text, transport, ports, ...(hostPorts === undefined ? {} : { hostPorts }) }, remarks).map((mapping) => ({
    ...mapping,
    mode,
  }));
}

function refuse(remarks: Remarks, at: Text, why: string, whole: Text, hint = SHAPE): readonly PortMapping[] {
  remarks.error('docker-invalid-port', `docker refuses \`-p ${whole.value === '' ? "''" : whole.value}\`: ${why}`, hint, at.origin);
  return [];
}

export interface Exposure {
  readonly port: number;
  readonly transport: Transport;
  readonly text: Text;
}

/** Reads the value of `--expose`: a port or a range, with a protocol, and no host port. */
export function readExpose(text: Text, remarks: Remarks): readonly Exposure[] {
  if (!text.known) {
    remarks.unknown(text, 'an exposed port');
    return [];
  }
  const match = /^(\d+)(?:-(\d+))?(?:\/(\w*))?$/.exec(text.value);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  const protocol = match?.[3]?.toLowerCase();
  const transport = protocol === undefined || protocol === '' ? 'tcp' : transports.find((candidate) => candidate === protocol);
  // Docker takes any word for a protocol here, and such a port is of no use to anybody.
  if (match !== null && transport === undefined) return [];
  if (match === null || transport === undefined || last > 65_535 || last < first) {
    const hint = text.value.includes(':') ? 'use -p to publish; --expose takes container ports only' : 'write PORT[-PORT][/tcp|udp|sctp]';
    remarks.error('docker-invalid-port', `docker refuses \`--expose ${text.value}\`: it is no port or range of ports`, hint, text.origin);
    return [];
  }
  return Array.from({ length: last - first + 1 }, (_, index) => ({ port: first + index, transport, text }));
}
