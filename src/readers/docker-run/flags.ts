/** What stands behind a flag: nothing (`boolean`), or a value of a kind that docker checks before it does anything. */
export type FlagKind = 'boolean' | 'text' | 'integer' | 'unsigned' | 'size' | 'duration' | 'decimal';

export interface Flag {
  readonly name: string;
  readonly short?: string;
  readonly kind: FlagKind;
}

/** The flags of one subcommand. Sources: `docker run --help` of 20.10 and 28.2, and the hidden flags of docker/cli. */
export interface FlagSet {
  /** `docker run`, as it is called in messages. */
  readonly command: string;
  readonly byName: ReadonlyMap<string, Flag>;
  readonly byShort: ReadonlyMap<string, Flag>;
  /** False: everything behind the first operand is an operand (`docker run IMAGE -x`). */
  readonly interspersed: boolean;
  readonly operands: { readonly min: number; readonly max: number; readonly names: string };
}

/** What a flag's entry may say behind `=`. */
const kinds: readonly FlagKind[] = ['boolean', 'integer', 'unsigned', 'size', 'duration', 'decimal'];

/** Other spellings of a flag that docker accepts; hidden in its help. */
const runAliases: Readonly<Record<string, string>> = { net: 'network', 'net-alias': 'network-alias', 'dns-opt': 'dns-option' };

const runFlags = `
  add-host annotation a:attach blkio-weight=unsigned blkio-weight-device cap-add cap-drop cgroup-parent cgroupns cidfile
  cpu-count=integer cpu-percent=integer cpu-period=integer cpu-quota=integer cpu-rt-period=integer cpu-rt-runtime=integer
  c:cpu-shares=integer cpus=decimal cpuset-cpus cpuset-mems device device-cgroup-rule device-read-bps device-read-iops
  device-write-bps device-write-iops disable-content-trust=boolean dns dns-option dns-search domainname entrypoint e:env env-file
  expose gpus group-add health-cmd health-interval=duration health-retries=integer health-start-interval=duration
  health-start-period=duration health-timeout=duration help=boolean h:hostname init=boolean i:interactive=boolean
  io-maxbandwidth=size io-maxiops=unsigned ip ip6 ipc isolation kernel-memory=size l:label label-file link link-local-ip log-driver
  log-opt mac-address m:memory=size memory-reservation=size memory-swap memory-swappiness=integer mount name network network-alias
  no-healthcheck=boolean oom-kill-disable=boolean oom-score-adj=integer pid pids-limit=integer platform privileged=boolean
  p:publish P:publish-all=boolean pull q:quiet=boolean read-only=boolean restart rm=boolean runtime security-opt shm-size=size
  stop-signal stop-timeout=integer storage-opt sysctl tmpfs t:tty=boolean ulimit use-api-socket=boolean u:user userns uts v:volume
  volume-driver volumes-from w:workdir`;

const detachFlags = ' d:detach=boolean detach-keys sig-proxy=boolean';

const dockerRun = flagSet(
  'docker run',
  runFlags + detachFlags,
  { min: 1, max: Number.POSITIVE_INFINITY, names: 'IMAGE [COMMAND] [ARG...]' },
  false,
  runAliases,
);
const dockerCreate = flagSet(
  'docker create',
  runFlags,
  { min: 1, max: Number.POSITIVE_INFINITY, names: 'IMAGE [COMMAND] [ARG...]' },
  false,
  runAliases,
);

const several = { min: 1, max: Number.POSITIVE_INFINITY, names: 'CONTAINER [CONTAINER...]' };

/** The subcommands that are read, by their canonical names. */
export const flagSets = {
  run: dockerRun,
  create: dockerCreate,
  'network-create': flagSet(
    'docker network create',
    `attachable=boolean aux-address config-from config-only=boolean d:driver gateway ingress=boolean internal=boolean ip-range ipam-driver
     ipam-opt ipv4=boolean ipv6=boolean label o:opt scope subnet help=boolean`,
    { min: 1, max: 1, names: 'NETWORK' },
  ),
  'network-connect': flagSet('docker network connect', 'alias driver-opt gw-priority=integer ip ip6 link link-local-ip help=boolean', {
    min: 2,
    max: 2,
    names: 'NETWORK CONTAINER',
  }),
  'network-disconnect': flagSet('docker network disconnect', 'f:force=boolean help=boolean', {
    min: 2,
    max: 2,
    names: 'NETWORK CONTAINER',
  }),
  'network-rm': flagSet('docker network rm', 'f:force=boolean help=boolean', { ...several, names: 'NETWORK [NETWORK...]' }),
  rm: flagSet('docker rm', 'f:force=boolean l:link=boolean v:volumes=boolean help=boolean', several),
  stop: flagSet('docker stop', 's:signal t:time=integer timeout=integer help=boolean', several),
  kill: flagSet('docker kill', 's:signal help=boolean', several),
  start: flagSet('docker start', 'a:attach=boolean checkpoint checkpoint-dir detach-keys i:interactive=boolean help=boolean', several),
  restart: flagSet('docker restart', 's:signal t:time=integer timeout=integer help=boolean', several),
  pause: flagSet('docker pause', 'help=boolean', several),
  unpause: flagSet('docker unpause', 'help=boolean', several),
  rename: flagSet('docker rename', 'help=boolean', { min: 2, max: 2, names: 'CONTAINER NEW_NAME' }),
} as const satisfies Record<string, FlagSet>;

export type DockerCommandKind = keyof typeof flagSets;

/** Reads `s:name=kind` entries; without a kind the flag takes a text. */
function flagSet(
  command: string,
  list: string,
  operands: FlagSet['operands'],
  interspersed = true,
  aliases: Readonly<Record<string, string>> = {},
): FlagSet {
  const flags = list.trim().split(/\s+/).map(flagOf);
  const byName = new Map(flags.map((flag) => [flag.name, flag]));
  for (const [alias, name] of Object.entries(aliases)) {
    const flag = byName.get(name);
    if (flag !== undefined) byName.set(alias, flag);
  }
  const byShort = new Map(flags.flatMap((flag) => (flag.short === undefined ? [] : [[flag.short, flag] as const])));
  return { command, byName, byShort, interspersed, operands };
}

function flagOf(entry: string): Flag {
  const [, short, name = '', written] = /^(?:(\w):)?([^=]+)(?:=(\w+))?$/.exec(entry) ?? [];
  const kind = kinds.find((candidate) => candidate === written) ?? 'text';
  return short === undefined ? { name, kind } : { name, short, kind };
}
