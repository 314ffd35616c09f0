import { realpathSync } from 'node:fs';
import { formatAddress } from '../../core/address.ts';
import type { ObservedOrigin } from '../../core/origin.ts';
import type { Environment } from '../../network/environment.ts';
import { observed } from '../../network/fact.ts';
import { commandLine, type Pid, type Proc, pidsNamed } from './proc.ts';

/** The machine of the engine as far as it is this one. */
export interface EngineHost {
  /** A process in the network namespace that the engine calls the host's. */
  readonly pid: Pid;
  /** Whether that is the namespace that we run in too. */
  readonly ours: boolean;
  readonly dockerd?: number;
}

/**
 * Finds the engine behind a socket: the namespace in which the path is listened on is the host's, and the dockerd
 * that holds the listening socket is the engine. Undefined when it runs elsewhere (Desktop's machine, another pid
 * namespace), so that nothing here may be taken for a fact of its host.
 */
export function findEngineHost(proc: Proc, socketPath: string): EngineHost | undefined {
  const paths = new Set([socketPath, realPath(socketPath)]);
  const daemons = pidsNamed(proc, 'dockerd');
  const here = listeningInode(proc, 'self', paths);
  if (here !== undefined) {
    const dockerd = daemons.find((pid) => holds(proc, pid, here)) ?? (daemons.length === 1 ? daemons[0] : undefined);
    return { pid: 'self', ours: true, ...(dockerd === undefined ? {} : { dockerd }) };
  }
  const dockerd = daemons.find((pid) => {
    const inode = listeningInode(proc, pid, paths);
    return inode !== undefined && holds(proc, pid, inode);
  });
  return dockerd === undefined ? undefined : { pid: dockerd, ours: false, dockerd };
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** /proc/net/unix: Num RefCount Protocol Flags Type St Inode Path; flag 00010000 is SO_ACCEPTCON (unix(7)). */
function listeningInode(proc: Proc, pid: Pid, paths: ReadonlySet<string>): string | undefined {
  for (const row of (proc.read(`/proc/${pid}/net/unix`) ?? '').split('\n')) {
    const match = /^\S+ \S+ \S+ 00010000 \S+ \S+ +(\d+) (.+)$/.exec(row);
    if (match !== null && paths.has(match[2] ?? '')) return match[1];
  }
  return undefined;
}

function holds(proc: Proc, pid: number, inode: string): boolean {
  return proc.list(`/proc/${pid}/fd`).some((fd) => proc.link(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`);
}

/** MTU of the interface of the default route. Only in our own namespace: /sys shows the interfaces of the one that mounted it. */
export function readHostMtu(proc: Proc, host: EngineHost): Partial<Environment> {
  const name = host.ours ? defaultInterface(proc.read('/proc/self/net/route') ?? '') : undefined;
  if (name === undefined) return {};
  const source = `/sys/class/net/${name}/mtu`;
  const mtu = Number(proc.read(source)?.trim());
  return mtu > 0 ? { hostMtu: observed(mtu, { kind: 'observed', source, object: `interface ${name}`, path: '' }) } : {};
}

/** /proc/net/route: Iface Destination Gateway Flags RefCnt Use Metric Mask …; the lowest metric wins. */
export function defaultInterface(text: string): string | undefined {
  const routes = text
    .split('\n')
    .map((row) => row.trim().split(/\s+/))
    .filter(([, destination, , flags, , , , mask]) => destination === '00000000' && mask === '00000000' && isUp(flags));
  return routes.sort((a, b) => Number(a[6]) - Number(b[6]))[0]?.[0];
}

/** RTF_UP of include/uapi/linux/route.h. */
function isUp(flags: string | undefined): boolean {
  return (Number.parseInt(flags ?? '0', 16) & 1) === 1;
}

/** The host's addresses but for loopback and link-local ones and those of its bridges (`except`). */
export function readHostAddresses(proc: Proc, host: EngineHost, except: ReadonlySet<string>): readonly string[] {
  const four = [...(proc.read(`/proc/${host.pid}/net/fib_trie`) ?? '').matchAll(/\|-- ([\d.]+)\n +\/32 host LOCAL/g)].map(
    (match) => match[1] ?? '',
  );
  // if_inet6: address, interface number, prefix length, scope (00 is global), flags, name.
  const rows = [...(proc.read(`/proc/${host.pid}/net/if_inet6`) ?? '').matchAll(/^([0-9a-f]{32}) \S+ \S+ 00 /gm)];
  const six = rows.map((match) => formatAddress({ family: 6, bits: BigInt(`0x${match[1]}`) }));
  return [...new Set([...four, ...six])].filter((address) => !address.startsWith('127.') && !except.has(address));
}

/** What dockerd was started with; only what is stated there is a fact, the rest keeps its default. */
export function readDaemon(proc: Proc, host: EngineHost): Partial<Environment> {
  if (host.dockerd === undefined) return {};
  const words = commandLine(proc, host.dockerd);
  const file = flagValue(words, 'config-file') ?? '/etc/docker/daemon.json';
  const config = parseObject(proc.read(`/proc/${host.dockerd}/root${file}`) ?? proc.read(file));
  const stated = (name: string): { readonly value: boolean; readonly origin: ObservedOrigin } | undefined => {
    const flag = flagValue(words, name);
    const origin = { kind: 'observed', object: 'dockerd' } as const;
    if (flag !== undefined)
      return { value: isTrue(flag), origin: { ...origin, source: `/proc/${host.dockerd}/cmdline`, path: `--${name}` } };
    const value = config[name];
    return typeof value === 'boolean' ? { value, origin: { ...origin, source: file, path: name } } : undefined;
  };
  const proxy = stated('userland-proxy');
  const iptables = stated('iptables');
  const ip6tables = stated('ip6tables');
  const gateways = readGatewayIps(words, config);
  return {
    ...(proxy === undefined ? {} : { userlandProxy: observed(proxy.value, proxy.origin) }),
    ...(iptables === undefined ? {} : { iptables: observed(iptables.value, iptables.origin) }),
    ...(ip6tables === undefined ? {} : { ip6tables: observed(ip6tables.value, ip6tables.origin) }),
    ...(gateways.length === 0 ? {} : { hostGatewayIps: gateways }),
  };
}

/** `--name=value` and `--name value` as dockerd reads them; a bare boolean flag is true. */
function flagValue(words: readonly string[], name: string): string | undefined {
  const at = words.findLastIndex((word) => word === `--${name}` || word.startsWith(`--${name}=`));
  const word = words[at];
  if (word === undefined) return undefined;
  if (word.includes('=')) return word.slice(word.indexOf('=') + 1);
  const next = words[at + 1];
  return next === undefined || next.startsWith('-') ? 'true' : next;
}

function isTrue(text: string): boolean {
  return /^(1|t|T|true|TRUE|True)$/.test(text);
}

/** One address until 27 (`host-gateway-ip`), one per family since 28. */
function readGatewayIps(words: readonly string[], config: Readonly<Record<string, unknown>>): readonly string[] {
  const names = ['host-gateway-ip', 'host-gateway-ips'];
  const stated = names.flatMap((name) => [flagValue(words, name), config[name]].flat());
  return stated.flatMap((value) => (typeof value === 'string' ? value.split(',') : [])).filter((text) => text !== '');
}

function parseObject(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    // JSON.parse gave an object here, whose members are of unknown type.
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {}; // dockerd would not have started with it
  }
}
