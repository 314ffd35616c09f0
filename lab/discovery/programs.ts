/** Unmodified clients of the discovery, as Debian has them: unpacked into the lab's cache, never installed, so that no service starts. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../command.ts';
import { debianSite, unpack, whyNotDebian } from '../setup/debian.ts';
import { withLock } from '../setup/lock.ts';
import type { Unpacked } from '../setup/wanted.ts';
import { type Capability, labCacheDir } from '../setup.ts';

export interface Programs {
  readonly prometheus: string;
  readonly promtool: string;
  readonly vmagent: string;
  readonly dig: string;
  /** dig needs libraries that lie beside it. */
  readonly libraryPath: string;
}

const suite = 'bookworm';
const sets: Readonly<Record<'prometheus' | 'vmagent' | 'dig', Unpacked>> = {
  prometheus: { suite, packages: ['prometheus'] }, // 2.42, with http_sd and without consul_sd
  vmagent: { suite, packages: ['victoria-metrics'] }, // 1.79, with both
  dig: {
    suite,
    packages: [
      'bind9-dnsutils',
      'bind9-libs',
      ...[
        'libjemalloc2',
        'libmaxminddb0',
        'libfstrm0',
        'libprotobuf-c1',
        'liblmdb0',
        'libuv1',
        'libjson-c5',
        'libedit2',
        'libidn2-0',
        'libnghttp2-14',
      ],
    ],
  },
};

/** Gets the programs once; later calls only look whether the files are there. Never throws for what a machine lacks. */
export async function discoveryPrograms(): Promise<Capability<{ readonly programs: Programs }>> {
  const missing = whyNotDebian();
  if (missing !== undefined) return { available: false, reason: missing };
  const cacheDir = labCacheDir();
  mkdirSync(cacheDir, { recursive: true });
  const known = recorded(cacheDir);
  if (known !== undefined) return { available: true, programs: known };
  return withLock(join(cacheDir, 'discovery.lock'), async () => {
    const made = recorded(cacheDir); // another process was faster
    if (made !== undefined) return { available: true, programs: made };
    return prepare(cacheDir);
  });
}

const recordPath = (cacheDir: string): string => join(cacheDir, 'discovery-programs.json');

function recorded(cacheDir: string): Programs | undefined {
  if (!existsSync(recordPath(cacheDir))) return undefined;
  // Written by prepare below; files that are gone make it worthless.
  const programs = JSON.parse(readFileSync(recordPath(cacheDir), 'utf8')) as Programs;
  return Object.values(programs).every((path) => typeof path === 'string' && existsSync(path)) ? programs : undefined;
}

async function prepare(cacheDir: string): Promise<Capability<{ readonly programs: Programs }>> {
  const site = await debianSite();
  const roots: Record<string, string> = {};
  for (const [name, wanted] of Object.entries(sets)) {
    const found = await unpack(cacheDir, site, wanted);
    if ('reason' in found) return { available: false, reason: found.reason };
    roots[name] = found.root;
  }
  const { prometheus = '', vmagent = '', dig = '' } = roots;
  const libraries = join(dig, 'usr/lib');
  const programs: Programs = {
    prometheus: join(prometheus, 'usr/bin/prometheus'),
    promtool: join(prometheus, 'usr/bin/promtool'),
    vmagent: join(vmagent, 'usr/bin/vmagent'),
    dig: join(dig, 'usr/bin/dig'),
    libraryPath: join(libraries, readdirSync(libraries).find((name) => name.endsWith('-linux-gnu')) ?? ''),
  };
  const trials = [
    [programs.dig, '-v'],
    [programs.prometheus, '--version'],
    [programs.vmagent, '-version'],
  ] as const;
  for (const [program, argument] of trials) {
    const { code, stderr } = await run(program, [argument], { env: environment(programs) });
    if (code !== 0) return { available: false, reason: `${program} does not run: ${stderr.trim()}` };
  }
  writeFileSync(`${recordPath(cacheDir)}.new`, JSON.stringify(programs, undefined, 2));
  renameSync(`${recordPath(cacheDir)}.new`, recordPath(cacheDir));
  return { available: true, programs };
}

export const environment = ({ libraryPath }: Programs): Readonly<Record<string, string | undefined>> => ({
  ...process.env,
  LD_LIBRARY_PATH: libraryPath,
});
