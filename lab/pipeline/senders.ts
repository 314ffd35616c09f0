/** Programs that send to our sources, as Debian has them: unpacked into the lab's cache, never installed, so that no service starts. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../command.ts';
import { debianSite, unpack, whyNotDebian } from '../setup/debian.ts';
import { withLock } from '../setup/lock.ts';
import type { Unpacked } from '../setup/wanted.ts';
import { type Capability, labCacheDir } from '../setup.ts';

export interface Senders {
  readonly rsyslogd: string;
  readonly rsyslogModules: string;
  readonly syslogNg: string;
  readonly syslogNgModules: string;
  readonly nodeExporter: string;
  readonly libraryPath: string;
}

const suite = 'bookworm';
// A set's folder is named by its first package, and another part of the lab has one of rsyslog alone.
const sets: Readonly<Record<'rsyslog' | 'syslogNg' | 'exporter', Unpacked>> = {
  rsyslog: { suite, packages: ['rsyslog-gnutls', 'rsyslog', 'libestr0', 'libfastjson4', 'liblognorm5', 'libgnutls30'] },
  syslogNg: { suite, packages: ['syslog-ng-core', 'libivykis0', 'libnet1', 'libwrap0', 'libjson-c5', 'libglib2.0-0', 'libpcre3'] },
  exporter: { suite, packages: ['prometheus-node-exporter'] },
};

/** Gets the programs once; later calls only look whether the files are there. Never throws for what a machine lacks. */
export async function telemetrySenders(): Promise<Capability<{ readonly senders: Senders }>> {
  const missing = whyNotDebian();
  if (missing !== undefined) return { available: false, reason: missing };
  const cacheDir = labCacheDir();
  mkdirSync(cacheDir, { recursive: true });
  const known = recorded(cacheDir);
  if (known !== undefined) return { available: true, senders: known };
  return withLock(join(cacheDir, 'senders.lock'), async () => {
    const made = recorded(cacheDir); // another process was faster
    if (made !== undefined) return { available: true, senders: made };
    return prepare(cacheDir);
  });
}

const recordPath = (cacheDir: string): string => join(cacheDir, 'senders.json');

function recorded(cacheDir: string): Senders | undefined {
  if (!existsSync(recordPath(cacheDir))) return undefined;
  // Written by prepare below; files that are gone make it worthless.
  const senders = JSON.parse(readFileSync(recordPath(cacheDir), 'utf8')) as Senders;
  const paths = [senders.rsyslogd, senders.rsyslogModules, senders.syslogNg, senders.syslogNgModules, senders.nodeExporter];
  return paths.every((path) => existsSync(path)) ? senders : undefined;
}

async function prepare(cacheDir: string): Promise<Capability<{ readonly senders: Senders }>> {
  const site = await debianSite();
  const roots: Record<string, string> = {};
  for (const [name, wanted] of Object.entries(sets)) {
    const found = await unpack(cacheDir, site, wanted);
    if ('reason' in found) return { available: false, reason: found.reason };
    roots[name] = found.root;
  }
  const { rsyslog = '', syslogNg = '', exporter = '' } = roots;
  const libraries = [rsyslog, syslogNg].flatMap((root) => [multiarch(join(root, 'usr/lib')), multiarch(join(root, 'lib'))]);
  const ng = join(syslogNg, 'usr/lib/syslog-ng');
  const senders: Senders = {
    rsyslogd: join(rsyslog, 'usr/sbin/rsyslogd'),
    rsyslogModules: join(multiarch(join(rsyslog, 'usr/lib')), 'rsyslog'),
    syslogNg: join(syslogNg, 'usr/sbin/syslog-ng'),
    syslogNgModules: join(ng, readdirSync(ng).find((name) => /^\d/.test(name)) ?? ''),
    nodeExporter: join(exporter, 'usr/bin/prometheus-node-exporter'),
    libraryPath: [...libraries.filter((path) => path !== ''), ng].join(':'),
  };
  const trials = [
    [senders.rsyslogd, '-v'],
    [senders.syslogNg, '--version'],
    [senders.nodeExporter, '--version'],
  ] as const;
  for (const [program, argument] of trials) {
    const { code, stderr } = await run(program, [argument], { env: environment(senders) });
    if (code !== 0) return { available: false, reason: `${program} does not run: ${stderr.trim()}` };
  }
  writeFileSync(`${recordPath(cacheDir)}.new`, JSON.stringify(senders, undefined, 2));
  renameSync(`${recordPath(cacheDir)}.new`, recordPath(cacheDir));
  return { available: true, senders };
}

/** The folder of this machine's architecture; empty when there is none. */
function multiarch(folder: string): string {
  const name = existsSync(folder) ? readdirSync(folder).find((one) => one.endsWith('-linux-gnu')) : undefined;
  return name === undefined ? '' : join(folder, name);
}

export const environment = ({ libraryPath }: Senders): Readonly<Record<string, string | undefined>> => ({
  ...process.env,
  LD_LIBRARY_PATH: libraryPath,
});
