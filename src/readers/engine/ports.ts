import type { ObservedOrigin } from '../../core/origin.ts';
import type { Transport } from '../../network/model.ts';
import { entriesOf, field, gap, itemsOf, originOf, type Place, textOf } from './json-place.ts';

/** One entry of `HostConfig.PortBindings` (what was asked for) or `NetworkSettings.Ports` (what the engine did). */
export interface PortBinding {
  readonly containerPort: number;
  readonly transport: Transport;
  readonly hostIp?: string;
  /** Undefined: the engine chooses. */
  readonly hostPort?: number;
  readonly hostPortTo?: number;
  readonly origin: ObservedOrigin;
  readonly hostPortOrigin: ObservedOrigin;
  readonly containerPortOrigin: ObservedOrigin;
}

/** Reads `9100/tcp`. */
export function readContainerPort(place: Place, text: string): { readonly port: number; readonly transport: Transport } | undefined {
  const match = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/.exec(text);
  const port = Number(match?.[1]);
  const name = match?.[2] ?? 'tcp';
  if (match !== null && isPort(port) && (name === 'tcp' || name === 'udp' || name === 'sctp')) return { port, transport: name };
  return gap(
    place,
    'inspect-port',
    `${place.within.object}: "${text}" is not a port`,
    'expected a port and a protocol, such as "9100/tcp"',
  );
}

/** All bindings of a map of ports; ports that map to null or to an empty list are only exposed. */
export function readBindings(map: Place): readonly PortBinding[] {
  return entriesOf(map).flatMap(([key, place]) => {
    const container = readContainerPort(place, key);
    if (container === undefined) return [];
    return itemsOf(place).flatMap((item) => readBinding(item, container.port, container.transport, originOf(place)) ?? []);
  });
}

function readBinding(item: Place, containerPort: number, transport: Transport, keyOrigin: ObservedOrigin): PortBinding | undefined {
  const port = field(item, 'HostPort');
  const host = readHostPort(port);
  if (host === undefined) return undefined;
  const hostIp = textOf(field(item, 'HostIp'));
  return {
    containerPort,
    transport,
    ...(hostIp === undefined ? {} : { hostIp }),
    ...host,
    origin: originOf(item),
    hostPortOrigin: originOf(port),
    containerPortOrigin: keyOrigin,
  };
}

/** Empty and 0: the engine chooses; `8000-8010`: it chooses one of these. */
function readHostPort(place: Place): { readonly hostPort?: number; readonly hostPortTo?: number } | undefined {
  const text = textOf(place);
  if (text === undefined || text === '0') return {};
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const from = Number(match?.[1]);
  const to = Number(match?.[2] ?? match?.[1]);
  if (match === null || !isPort(from) || !isPort(to) || to < from)
    return gap(place, 'inspect-port', `${place.within.object}: host port "${text}" is not a port`, 'expected a number from 1 to 65535');
  return to === from ? { hostPort: from } : { hostPort: from, hostPortTo: to };
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 65_535;
}

/**
 * The engine lists a publication on all addresses twice, as 0.0.0.0 and as ::. The two become one without a host
 * address, which is how the model (and the person who wrote `-p 80:80`) says it.
 */
export function joinFamilies(bindings: readonly PortBinding[]): readonly PortBinding[] {
  const key = (one: PortBinding) => `${one.containerPort}/${one.transport} ${one.hostPort ?? ''}`;
  const sixes = new Set(bindings.filter((one) => one.hostIp === '::').map(key));
  const fours = new Set(bindings.filter((one) => one.hostIp === '0.0.0.0').map(key));
  return bindings.flatMap((one) => {
    if (one.hostIp === '::' && fours.has(key(one))) return [];
    if (one.hostIp !== '0.0.0.0' || !sixes.has(key(one))) return [one];
    const { hostIp: _both, ...rest } = one;
    return [rest];
  });
}

/** Whether what the engine did fulfils what was asked for. */
export function fulfils(fact: PortBinding, wish: PortBinding): boolean {
  if (fact.containerPort !== wish.containerPort || fact.transport !== wish.transport) return false;
  if (wish.hostIp !== undefined && wish.hostIp !== (fact.hostIp ?? wish.hostIp)) return false;
  if (wish.hostPort === undefined || fact.hostPort === undefined) return wish.hostPort === undefined;
  return fact.hostPort >= wish.hostPort && fact.hostPort <= (wish.hostPortTo ?? wish.hostPort);
}

/** `127.0.0.1:8080->80/tcp`, as `docker ps` prints it. */
export function formatBinding(binding: PortBinding): string {
  const range = binding.hostPortTo === undefined ? '' : `-${binding.hostPortTo}`;
  const ip = binding.hostIp?.includes(':') ? `[${binding.hostIp}]` : binding.hostIp;
  const host = `${ip === undefined ? '' : `${ip}:`}${binding.hostPort ?? '(any)'}${range}`;
  return `${host}->${binding.containerPort}/${binding.transport}`;
}
