/** From a setting's value, or from a program's defaults, to listeners. */
import { parseAddress } from '../../core/address.ts';
import type { Origin } from '../../core/origin.ts';
import type { Application, Transport } from '../../network/model.ts';
import { gap, portOf } from './dial.ts';
import type { Value } from './parse/value.ts';
import { hasUnknown } from './parse/value.ts';
import type { AgentFacts, ListenerDraft } from './program.ts';
import { facts, noFacts } from './program.ts';

/**
 * What a runtime makes of "any address". Go and Java open one IPv6 socket that takes IPv4 too, also for `0.0.0.0`
 * (Go: net.ListenConfig, "if the host is a literal unspecified IP address"); most others take 0.0.0.0 literally.
 */
export const DUAL_STACK = '::';
export const IPV4_ONLY = '0.0.0.0';
/** A program that we do not know: `0.0.0.0` is taken at its word, `:9090` is how Go programs write "any". */
export const AS_WRITTEN = 'as-written';
export type AnyAddress = typeof DUAL_STACK | typeof IPV4_ONLY | typeof AS_WRITTEN;

export interface ListenOptions {
  readonly setting: string;
  readonly application?: Application;
  readonly transport?: Transport;
  /** Where the text names no port. */
  readonly port?: number;
  /** Where the text names no address, as in `:9090`. */
  readonly any: AnyAddress;
  /** Names that stand for the container's own address: a socket that is bound to one of them is not on loopback. */
  readonly ownNames?: ReadonlySet<string>;
  readonly knowledge?: 'declared' | 'assumed';
}

/** Reads `:9090`, `9090`, `0.0.0.0:9090`, `localhost:9090`, `[::1]:9090`, `tcp://0.0.0.0:24224`, or an address alone. */
export function listen(value: Value | undefined, options: ListenOptions): AgentFacts {
  if (value === undefined || value.text.trim() === '') return noFacts;
  if (hasUnknown(value.text)) return facts({ problems: [gap(value, options.setting)] });
  const parts = splitListen(value.text);
  const port = parts === undefined ? undefined : (parts.port ?? options.port);
  const address = parts === undefined ? undefined : listenAddress(parts.host, options.any, options.ownNames);
  if (port === undefined || address === undefined) return noFacts;
  return facts({ listeners: [listener(address, port, value.origin, options)] });
}

/** For programs that have address and port apart. A missing part is taken from the defaults. */
export function listenAt(
  host: Value | undefined,
  port: Value | undefined,
  defaults: ListenOptions & { readonly port: number; readonly host?: string; readonly origin: Origin },
): AgentFacts {
  const unknown = [host, port].find((value) => value !== undefined && hasUnknown(value.text));
  if (unknown !== undefined) return facts({ problems: [gap(unknown, defaults.setting)] });
  const address = listenAddress(host?.text ?? defaults.host ?? '', defaults.any);
  const number = port === undefined ? defaults.port : portOf(port.text);
  if (address === undefined || number === undefined) return noFacts;
  const knowledge = host === undefined && port === undefined ? 'assumed' : 'declared';
  return facts({ listeners: [listener(address, number, (host ?? port)?.origin ?? defaults.origin, { knowledge, ...defaults })] });
}

export function listener(
  address: string,
  port: number,
  origin: Origin,
  options: Omit<ListenOptions, 'any' | 'setting' | 'ownNames'>,
): ListenerDraft {
  return {
    address,
    port,
    transport: options.transport ?? 'tcp',
    ...(options.application === undefined ? {} : { application: options.application }),
    knowledge: options.knowledge ?? 'declared',
    origin,
  };
}

/** A listener that nobody wrote down: the program opens it when nothing else is said. */
export function defaultListener(
  who: string,
  address: string,
  port: number,
  options: { readonly application?: Application; readonly transport?: Transport } = {},
): ListenerDraft {
  const text = `default of ${who}: listens on ${address.includes(':') ? `[${address}]` : address}:${port}${options.transport === 'udp' ? '/udp' : ''}`;
  return listener(address, port, { kind: 'default', text }, { ...options, knowledge: 'assumed' });
}

function splitListen(text: string): { readonly host: string; readonly port: number | undefined } | undefined {
  const bare = text
    .trim()
    .replace(/^[a-z][a-z0-9+]*:\/\//i, '')
    .replace(/[/?].*$/, '');
  if (/^\d{1,5}$/.test(bare)) return { host: '', port: portOf(bare) };
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(bare);
  if (match !== null) return { host: match[1] ?? match[2] ?? '', port: portOf(match[3]) };
  return { host: bare.replace(/^\[(.*)\]$/, '$1'), port: undefined };
}

/**
 * An own name stays as it is: it is the address that the engine gives to the container. Undefined for another name that
 * only the container can resolve: then the address is not known.
 */
export function listenAddress(host: string, any: AnyAddress, ownNames?: ReadonlySet<string>): string | undefined {
  const name = host.trim();
  if (name === '' || name === '*' || name === 'any') return any === AS_WRITTEN ? DUAL_STACK : any;
  if (name === 'localhost' || name === 'ip6-localhost') return '127.0.0.1';
  const address = parseAddress(name.replace(/%.*$/, ''));
  if (address === undefined) return ownNames?.has(name) === true ? name : undefined;
  return name === '0.0.0.0' && any !== AS_WRITTEN ? any : name;
}
