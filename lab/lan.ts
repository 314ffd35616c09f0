import { spawn } from 'node:child_process';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandResult, must, run } from './command.ts';
import { type LabRun, markOf } from './run-state.ts';

/**
 * A small LAN of network namespaces: the Docker host, a remote host that knows a route to the containers, a neighbour that sends
 * 127.0.0.1 to the Docker host (the attacker of moby#45610), and a router with a DNS server that knows one name.
 * The bridge lives in the router's namespace, where no engine's bridge-nf-call-iptables sees it.
 */
export const places = ['host', 'remote', 'near', 'router'] as const;
export type Place = (typeof places)[number];

export function isPlace(name: string): name is Place {
  return places.some((place) => place === name);
}

export const lan = {
  host: { v4: '10.99.0.1', v6: 'fd99::1' },
  remote: { v4: '10.99.0.2', v6: 'fd99::2' },
  near: { v4: '10.99.0.3', v6: 'fd99::3' },
  router: { v4: '10.99.0.254', v6: 'fd99::254' },
} as const satisfies Record<Place, { readonly v4: string; readonly v6: string }>;

/** The only name that the DNS server knows: everything else is NXDOMAIN at once. */
export const outsideName = 'remote.example.org';

/** All subnets of containers lie in these, so that the remote host can have one route to them. */
export const containerSpace = { v4: '172.16.0.0/12', v6: 'fd00::/16' } as const;

export function namespaceOf(run: LabRun, place: Place): string {
  return `fl${run.id}-${place}`;
}

export async function makeLan(labRun: LabRun): Promise<void> {
  const name = (place: Place) => namespaceOf(labRun, place);
  const hosts = ['host', 'remote', 'near'] as const;
  await batch([...places.map((place) => `netns add ${name(place)}`)]);
  await batch([...hosts.map((place, index) => `link add eth0 netns ${name(place)} type veth peer name p${index} netns ${name('router')}`)]);
  await Promise.all([
    batch(
      [
        'link set lo up',
        'link add br0 type bridge',
        `addr add ${lan.router.v4}/24 dev br0`,
        `addr add ${lan.router.v6}/64 dev br0 nodad`,
        'link set br0 up',
        ...hosts.flatMap((_, index) => [`link set p${index} master br0`, `link set p${index} up`]),
        'route add unreachable default',
        'route add unreachable ::/0',
      ],
      name('router'),
    ),
    ...hosts.map((place) => batch(hostCommands(place), name(place))),
  ]);
  await within(labRun, 'router', 'sh', ['-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding']);
  // icmp(7): by default each peer gets about one error a second. Hundreds of questions at once would make rejections look like drops.
  await within(labRun, 'host', 'sh', ['-c', 'echo 0 >/proc/sys/net/ipv4/icmp_ratelimit; echo 0 >/proc/sys/net/ipv6/icmp/ratelimit']);
  // The neighbour accepts answers from 127.0.0.1; its own loopback is down, or the kernel would keep 127.0.0.0/8 for itself.
  await within(labRun, 'near', 'sh', ['-c', 'echo 1 >/proc/sys/net/ipv4/conf/eth0/route_localnet']);
  await batch([`route add 127.0.0.1/32 via ${lan.host.v4} dev eth0`], name('near'));
  startDns(labRun);
}

function hostCommands(place: 'host' | 'remote' | 'near'): readonly string[] {
  const common = [
    `addr add ${lan[place].v4}/24 dev eth0`,
    `addr add ${lan[place].v6}/64 dev eth0 nodad`,
    'link set eth0 up',
    `route add default via ${lan.router.v4}`,
    `route add default via ${lan.router.v6}`,
  ];
  if (place === 'host') return ['link set lo up', ...common];
  const routes = [`route add ${containerSpace.v4} via ${lan.host.v4}`, `route add ${containerSpace.v6} via ${lan.host.v6}`];
  return place === 'near' ? [...common, ...routes] : ['link set lo up', ...common, ...routes];
}

async function batch(commands: readonly string[], namespace?: string): Promise<void> {
  await must('/sbin/ip', [...(namespace === undefined ? [] : ['-n', namespace]), '-batch', '-'], { input: `${commands.join('\n')}\n` });
}

function startDns(labRun: LabRun): void {
  startWithin(labRun, 'router', '/usr/sbin/dnsmasq', [
    '--keep-in-foreground',
    '--conf-file=/dev/null',
    '--no-resolv',
    '--no-hosts',
    '--interface=br0',
    '--bind-interfaces',
    '--user=root',
    '--pid-file=',
    '--address=/#/',
    `--host-record=${outsideName},${lan.remote.v4},${lan.remote.v6}`,
  ]);
}

/**
 * Mount namespace with an /etc and a /run of its own: nothing of the machine is seen (dbus, firewalld, containerd) or written.
 * /sys is mounted anew because it shows the network devices of the namespace in which it was mounted; engines read bridge ports there.
 */
const privateFiles = `
set -e
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$1/etc,workdir=$1/etc-work" /etc
mount -t tmpfs tmpfs /run
mount --rbind /sys/fs/cgroup "$1/cgroup"
mount -t sysfs sysfs /sys
mount --move "$1/cgroup" /sys/fs/cgroup
rm -f /etc/resolv.conf
cp "$1/resolv.conf" /etc/resolv.conf
cp "$1/hosts" /etc/hosts
mkdir -p /etc/docker
rm -rf /etc/docker/*
shift
exec "$@"`;

let wrapped = 0;

function wrap(labRun: LabRun, place: Place, program: string, args: readonly string[]): readonly string[] {
  const files = join(labRun.dir, `files-${wrapped++}`); // an overlay's upper folder must not serve two mounts
  for (const sub of ['etc', 'etc-work', 'cgroup']) mkdirSync(join(files, sub), { recursive: true });
  writeFileSync(join(files, 'resolv.conf'), `nameserver ${lan.router.v4}\n`);
  writeFileSync(join(files, 'hosts'), '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n');
  return [
    `--net=/run/netns/${namespaceOf(labRun, place)}`,
    'unshare',
    '--mount',
    '--propagation',
    'private',
    'sh',
    '-c',
    privateFiles,
    'sh',
    files,
    program,
    ...args,
  ];
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly log?: string;
}

/** Starts a long-running program at a place of the LAN, with its own /etc and /run. It ends with the run. */
export function startWithin(labRun: LabRun, place: Place, program: string, args: readonly string[], options: StartOptions = {}): number {
  const log = openSync(join(labRun.dir, options.log ?? `${place}.log`), 'a');
  const [key = '', value = ''] = markOf(labRun).split('=');
  const child = spawn('nsenter', wrap(labRun, place, program, args), {
    detached: true, // signals of the terminal go to us, and we end the run
    stdio: ['ignore', log, log],
    env: { ...process.env, ...options.env, [key]: value },
  });
  child.on('error', () => undefined); // the one who waits for the program to become ready reports with its log
  child.unref();
  return child.pid ?? 0;
}

/** Runs a program to its end in the network of a place. */
export function within(labRun: LabRun, place: Place, program: string, args: readonly string[]): Promise<CommandResult> {
  const [key = '', value = ''] = markOf(labRun).split('=');
  return run('nsenter', [`--net=/run/netns/${namespaceOf(labRun, place)}`, program, ...args], { env: { ...process.env, [key]: value } });
}
