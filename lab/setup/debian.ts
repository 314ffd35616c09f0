import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, run } from '../command.ts';
import type { Unpacked } from './wanted.ts';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Why this machine cannot take Debian packages; undefined when it can. */
export function whyNotDebian(): string | undefined {
  if (process.platform !== 'linux') return `the lab needs Linux, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'the lab needs root: it makes network namespaces and starts Docker engines of its own';
  if (!existsSync('/etc/debian_version') || !existsSync(keyring))
    return 'the lab takes its engines from Debian packages, and this is not Debian';
  return undefined;
}

/** Installs packages without letting apt start services; returns why not, or undefined when done. */
export async function install(packages: readonly string[]): Promise<string | undefined> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const lock = ['-o', 'DPkg::Lock::Timeout=600'];
  const update = await run('apt-get', [...lock, 'update'], { env });
  const result = await run('apt-get', [...lock, 'install', '-y', '--no-install-recommends', ...packages], { env });
  if (result.code === 0) return undefined;
  return `apt-get install ${packages.join(' ')}: ${lastLine(result.stderr || result.stdout || update.stderr)}`;
}

/** The address from which this machine takes Debian itself: whatever its own sources say, never one that we know. */
export async function debianSite(): Promise<string | undefined> {
  const list = async () => (await run('apt-get', ['indextargets', '--format', '$(SITE)', 'Origin: Debian', 'Created-By: Packages'])).stdout;
  let sites = await list();
  if (sites.trim() === '') {
    await run('apt-get', ['-o', 'DPkg::Lock::Timeout=600', 'update']); // the Origin is known only after the lists were read once
    sites = await list();
  }
  return sites.split('\n').find((site) => site !== '' && !site.includes('security'));
}

/** apt with sources, lists and caches of its own, so that the machine's own apt never sees a foreign suite. */
function privateApt(cacheDir: string, site: string, suite: string, name: string): readonly string[] {
  const dir = join(cacheDir, 'apt', `${suite}-${name}`); // of its own, because sets are fetched side by side
  for (const sub of ['lists/partial', 'archives/partial']) mkdirSync(join(dir, sub), { recursive: true });
  const sources = join(dir, 'sources.list');
  writeFileSync(sources, `deb [signed-by=${keyring}] ${site} ${suite} main\n`);
  writeFileSync(join(dir, 'status'), '');
  const settings = {
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '-',
    'Dir::State': dir,
    'Dir::State::lists': join(dir, 'lists'),
    'Dir::State::status': join(dir, 'status'),
    'Dir::Cache': dir,
    'APT::Sandbox::User': 'root', // the cache folder of root is closed to apt's own user
  };
  return Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
}

/** Where an unpacked set lies, or why it does not. */
export type UnpackResult = { readonly root: string } | { readonly reason: string };

/**
 * Downloads the packages of a suite and unpacks them into `<cache>/unpacked/<name>-<version>`; a folder that exists is complete,
 * because it is renamed into place only when everything is in it.
 */
export async function unpack(cacheDir: string, site: string | undefined, wanted: Unpacked): Promise<UnpackResult> {
  if (site === undefined) return { reason: 'no Debian source is configured for apt' };
  const apt = privateApt(cacheDir, site, wanted.suite, wanted.packages[0] ?? '');
  const update = await run('apt-get', [...apt, 'update', '-q']);
  const versions = await candidates(apt, wanted.packages);
  const absent = wanted.packages.filter((name) => versions.get(name) === undefined);
  if (absent.length > 0) return { reason: `Debian ${wanted.suite} does not serve ${absent.join(', ')}: ${lastLine(update.stderr)}` };
  const first = wanted.packages[0] ?? '';
  const root = join(cacheDir, 'unpacked', `${first}-${(versions.get(first) ?? '').replaceAll(/[^\w.+-]/g, '_')}`);
  if (existsSync(root)) return { root };
  return download(apt, wanted.packages, root);
}

async function download(apt: readonly string[], packages: readonly string[], root: string): Promise<UnpackResult> {
  const part = `${root}.part-${process.pid}`;
  const debs = join(part, '.deb');
  mkdirSync(debs, { recursive: true });
  try {
    const result = await run('apt-get', [...apt, 'download', '-q', ...packages], { cwd: debs });
    if (result.code !== 0) return { reason: `download of ${packages.join(' ')} failed: ${lastLine(result.stderr)}` };
    for (const deb of readdirSync(debs)) await must('dpkg-deb', ['-x', join(debs, deb), part]);
    rmSync(debs, { recursive: true });
    renameSync(part, root);
    return { root };
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

async function candidates(apt: readonly string[], packages: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await run('apt-cache', [...apt, 'policy', ...packages]);
  const found = new Map<string, string>();
  let current = '';
  for (const line of stdout.split('\n')) {
    if (/^\S+:$/.test(line)) current = line.slice(0, -1);
    const candidate = /^\s+Candidate: (\S+)$/.exec(line)?.[1];
    if (candidate !== undefined && candidate !== '(none)') found.set(current, candidate);
  }
  return found;
}

/** Names of installed packages, from dpkg's own database, without starting a process. */
export function installedPackages(): ReadonlySet<string> {
  const text = existsSync('/var/lib/dpkg/status') ? readFileSync('/var/lib/dpkg/status', 'utf8') : '';
  const blocks = text.split('\n\n').filter((block) => /^Status: install ok installed$/m.test(block));
  return new Set(blocks.map((block) => /^Package: (\S+)$/m.exec(block)?.[1] ?? ''));
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
