/**
 * A real OpenTelemetry Collector, built once from Debian's packages of its source (sid), because no package has the program. `npm run lab -- collector`
 * takes about two minutes and 1.5 GB for that time; tests use it when it is there, and say so when it is not.
 */
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { must } from '../command.ts';
import { debianSite, install, whyNotDebian } from '../setup/debian.ts';
import { withLock } from '../setup/lock.ts';
import { type Capability, labCacheDir } from '../setup.ts';

const packages = ['golang-go', 'golang-opentelemetry-collector-dev', 'ca-certificates'];
const source = join(import.meta.dirname, 'main.go');

export type Collector = Capability<{ readonly program: string }>;

const programPath = (): string => join(labCacheDir(), 'otelcol');

/** Only looks. */
export function collector(): Collector {
  const program = programPath();
  return existsSync(program)
    ? { available: true, program }
    : { available: false, reason: 'no OpenTelemetry Collector is built here: npm run lab -- collector builds one in about two minutes' };
}

/** Builds it when it is not there; resolves with why it is not, where that cannot be done. */
export async function ensureCollector(log: (line: string) => void): Promise<Collector> {
  const missing = whyNotDebian();
  if (missing !== undefined) return { available: false, reason: missing };
  mkdirSync(labCacheDir(), { recursive: true });
  return withLock(join(labCacheDir(), 'otelcol.lock'), async () => {
    const known = collector();
    if (known.available) return known;
    const problem = await build(log).catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    return problem === undefined ? collector() : { available: false, reason: problem };
  });
}

async function build(log: (line: string) => void): Promise<string | undefined> {
  const site = await debianSite();
  if (site === undefined) return 'no Debian source is configured for apt';
  const problem = await install(['debootstrap']);
  if (problem !== undefined) return problem;
  const root = join(labCacheDir(), `otelcol-root-${process.pid}`);
  try {
    log('collector: a minimal sid');
    await must('debootstrap', ['--variant=minbase', '--merged-usr', 'sid', root, site]);
    const inside = (...command: string[]) =>
      must('chroot', [root, '/usr/bin/env', 'DEBIAN_FRONTEND=noninteractive', 'HOME=/root', ...command]);
    log(`collector: ${packages.join(', ')}`);
    // A mirror that is a snapshot has lists older than they say they are good for; they are signed all the same.
    const apt = ['apt-get', '-o', 'Acquire::Check-Valid-Until=false', '-q'];
    await inside(...apt, 'update');
    await inside(...apt, 'install', '-y', '--no-install-recommends', ...packages);
    log('collector: go build');
    mkdirSync(join(root, 'build'));
    copyFileSync(source, join(root, 'build', 'main.go'));
    // There is no /proc in there, in which go looks for itself.
    const go = ['GOROOT=/usr/lib/go', 'GOTELEMETRY=off', 'GO111MODULE=off', 'GOPATH=/usr/share/gocode', 'CGO_ENABLED=0', 'GOFLAGS=-p=2'];
    await inside('sh', '-c', `cd /build && env ${go.join(' ')} go build -o otelcol .`);
    copyFileSync(join(root, 'build', 'otelcol'), `${programPath()}.new`);
    await must(`${programPath()}.new`, ['--version']);
    renameSync(`${programPath()}.new`, programPath()); // complete, or not there
    return undefined;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
