import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from './command.ts';
import { debianSite, install, installedPackages, type UnpackResult, unpack, whyNotDebian } from './setup/debian.ts';
import { withLock } from './setup/lock.ts';
import { composeSuites, engineSuites, runtime, systemLibraries, systemTools, type Unpacked, wantedEngines } from './setup/wanted.ts';

/** A thing that the lab can use, or the reason why not, which tests print when they skip. */
export type Capability<T> = ({ readonly available: true } & T) | { readonly available: false; readonly reason: string };

export interface EngineBinaries {
  /** `dockerd --version`, verified by running it. */
  readonly exact: string;
  /** Folders for PATH, engine first, then runc. */
  readonly path: readonly string[];
  readonly dockerd: string;
  /** The command line of the same version. */
  readonly cli: string;
}

export interface Lab {
  readonly cacheDir: string;
  readonly system: Capability<object>;
  /** By `major.minor`; every wanted version has an entry, and so has each that Debian serves besides. */
  readonly engines: Readonly<Record<string, Capability<EngineBinaries>>>;
  readonly compose: Readonly<Record<string, Capability<{ readonly exact: string; readonly plugin: string }>>>;
}

interface Manifest {
  readonly format: 1;
  readonly madeAt: number;
  readonly lab: Lab;
}

/** What could not be had is asked for again after a day: a missing network should not disable the lab for good. */
const retryAfterMs = 24 * 60 * 60 * 1000;

export function labCacheDir(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'fairlead-lab');
}

/**
 * Gets what the lab needs, once; later calls only look whether the files are still there (< 200 ms).
 * Never throws for what a machine lacks: each capability says for itself why it is not available.
 */
export async function ensureLab(log: (line: string) => void = () => undefined): Promise<Lab> {
  const cacheDir = labCacheDir();
  const known = readManifest(cacheDir);
  if (known !== undefined) return known;
  const missing = whyNotDebian();
  if (missing !== undefined) return unavailable(cacheDir, missing);
  mkdirSync(cacheDir, { recursive: true });
  return withLock(join(cacheDir, 'setup.lock'), async () => {
    const made = readManifest(cacheDir);
    if (made !== undefined) return made; // another process was faster
    const lab = await prepare(cacheDir, log);
    const manifest: Manifest = { format: 1, madeAt: Date.now(), lab };
    writeFileSync(join(cacheDir, 'manifest.json.new'), JSON.stringify(manifest, undefined, 2));
    renameSync(join(cacheDir, 'manifest.json.new'), join(cacheDir, 'manifest.json'));
    return lab;
  });
}

/** The engines that can be started here, oldest first. */
export function availableEngines(lab: Lab): readonly string[] {
  if (!lab.system.available) return [];
  const versions = Object.keys(lab.engines).filter((version) => lab.engines[version]?.available);
  return versions.sort((a, b) => Number.parseFloat(a) - Number.parseFloat(b));
}

function unavailable(cacheDir: string, reason: string): Lab {
  const no = { available: false, reason } as const;
  return { cacheDir, system: no, engines: Object.fromEntries(wantedEngines.map((version) => [version, no])), compose: {} };
}

function readManifest(cacheDir: string): Lab | undefined {
  const path = join(cacheDir, 'manifest.json');
  if (!existsSync(path)) return undefined;
  // Written by ensureLab above; a file that someone else wrote there fails the checks below.
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  if (manifest.format !== 1) return undefined;
  const { lab } = manifest;
  const parts: readonly Capability<object>[] = [lab.system, ...Object.values(lab.engines), ...Object.values(lab.compose)];
  if (parts.some((part) => !part.available) && Date.now() - manifest.madeAt > retryAfterMs) return undefined;
  const files = [
    ...systemTools.map((tool) => tool.program),
    ...Object.values(lab.engines).flatMap((engine) => (engine.available ? [engine.dockerd, engine.cli] : [])),
    ...Object.values(lab.compose).flatMap((compose) => (compose.available ? [compose.plugin] : [])),
  ];
  return files.every((file) => existsSync(file)) ? lab : undefined;
}

async function prepare(cacheDir: string, log: (line: string) => void): Promise<Lab> {
  const system = await prepareSystem(log);
  const site = await debianSite();
  const fetch = (wanted: Unpacked) => {
    log(`${wanted.packages.join(', ')} from ${wanted.suite} …`);
    return unpack(cacheDir, site, wanted);
  };
  const [runc, engineSets, composeSets] = await Promise.all([
    fetch(runtime),
    Promise.all(engineSuites.map(fetch)),
    Promise.all(composeSuites.map(fetch)),
  ]);
  const engines: Record<string, Capability<EngineBinaries>> = {};
  for (const found of engineSets) {
    if ('reason' in found) log(found.reason);
    else Object.assign(engines, 'reason' in runc ? {} : await verifyEngine(found.root, runc.root));
  }
  const missing = 'reason' in runc ? runc.reason : `no Debian suite serves it here; served: ${Object.keys(engines).join(', ')}`;
  for (const version of wantedEngines) engines[version] ??= { available: false, reason: `Docker ${version}: ${missing}` };
  const compose: Record<string, Capability<{ exact: string; plugin: string }>> = {};
  for (const [index, found] of composeSets.entries()) Object.assign(compose, await verifyCompose(composeSuites[index]?.suite ?? '', found));
  return { cacheDir, system, engines, compose };
}

async function prepareSystem(log: (line: string) => void): Promise<Capability<object>> {
  const installed = installedPackages();
  const packages = [
    ...systemTools.filter((tool) => !existsSync(tool.program)).map((tool) => tool.package),
    ...systemLibraries.filter((name) => !installed.has(name)),
  ];
  if (packages.length > 0) {
    log(`apt-get install ${packages.join(' ')} …`);
    const why = await install(packages);
    if (why !== undefined) return { available: false, reason: why };
  }
  const trial = await run('unshare', ['--net', '--mount', '/sbin/ip', 'link', 'add', 'br0', 'type', 'bridge']);
  if (trial.code !== 0) return { available: false, reason: `network namespaces cannot be made here: ${trial.stderr.trim()}` };
  return { available: true };
}

async function verifyEngine(root: string, runcRoot: string): Promise<Record<string, Capability<EngineBinaries>>> {
  const dockerd = join(root, 'usr/sbin/dockerd');
  const result = await run(dockerd, ['--version']);
  const exact = /version ([^\s,]+)/.exec(result.stdout)?.[1];
  if (exact === undefined) return { [root]: { available: false, reason: `${dockerd} does not run: ${result.stderr.trim()}` } };
  const path = [join(root, 'usr/sbin'), join(root, 'usr/bin'), join(runcRoot, 'usr/sbin'), join(runcRoot, 'usr/bin')];
  const version = exact.split('.').slice(0, 2).join('.');
  return { [version]: { available: true, exact, path, dockerd, cli: join(root, 'usr/bin/docker') } };
}

async function verifyCompose(suite: string, found: UnpackResult) {
  if ('reason' in found) return { [suite]: { available: false, reason: found.reason } };
  const plugin = join(found.root, 'usr/libexec/docker/cli-plugins/docker-compose');
  const result = await run(plugin, ['version', '--short']);
  if (result.code !== 0) return { [suite]: { available: false, reason: `${plugin} does not run: ${result.stderr.trim()}` } };
  const exact = result.stdout.trim();
  return { [exact.split('.').slice(0, 2).join('.')]: { available: true, exact, plugin } };
}
