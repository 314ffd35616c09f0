/** Programs of Debian that tests run: unpacked into the lab's cache, never installed, so that no service starts. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../command.ts';
import { type Capability, labCacheDir } from '../setup.ts';
import { debianSite, unpack, whyNotDebian } from './debian.ts';
import { withLock } from './lock.ts';
import type { Unpacked } from './wanted.ts';

export interface ProgramSet<Name extends string, Programs extends object> {
  /** The record of what was found is `NAME.json` in the cache. */
  readonly name: string;
  readonly sets: Readonly<Record<Name, Unpacked>>;
  /** Where everything is in the unpacked sets. All values are paths, but for `libraryPath`. */
  find(roots: Readonly<Record<Name, string>>): Programs;
  /** Each is run once, with its argument, before it counts as there. */
  trials(programs: Programs): readonly (readonly [program: string, argument: string])[];
}

/** Gets the programs once; later calls only look whether the files are there. Never throws for what a machine lacks. */
export async function unpackedPrograms<Name extends string, Programs extends object>(
  wanted: ProgramSet<Name, Programs>,
): Promise<Capability<{ readonly programs: Programs }>> {
  const missing = whyNotDebian();
  if (missing !== undefined) return { available: false, reason: missing };
  const cacheDir = labCacheDir();
  mkdirSync(cacheDir, { recursive: true });
  const record = join(cacheDir, `${wanted.name}.json`);
  const known = recorded<Programs>(record);
  if (known !== undefined) return { available: true, programs: known };
  return withLock(join(cacheDir, `${wanted.name}.lock`), async () => {
    const made = recorded<Programs>(record); // another process was faster
    return made === undefined ? prepare(wanted, cacheDir, record) : { available: true, programs: made };
  });
}

function recorded<Programs extends object>(record: string): Programs | undefined {
  if (!existsSync(record)) return undefined;
  // Written by prepare below; files that are gone make it worthless.
  const programs = JSON.parse(readFileSync(record, 'utf8')) as Programs;
  const paths = Object.entries(programs).flatMap(([name, path]) => (name === 'libraryPath' ? String(path).split(':') : [String(path)]));
  return paths.every((path) => existsSync(path)) ? programs : undefined;
}

async function prepare<Name extends string, Programs extends object>(
  { sets, find, trials }: ProgramSet<Name, Programs>,
  cacheDir: string,
  record: string,
): Promise<Capability<{ readonly programs: Programs }>> {
  const site = await debianSite();
  const roots: Partial<Record<Name, string>> = {};
  // The keys of a record of names are such names.
  for (const name of Object.keys(sets) as Name[]) {
    const found = await unpack(cacheDir, site, sets[name]);
    if ('reason' in found) return { available: false, reason: found.reason };
    roots[name] = found.root;
  }
  // Every name has its root by now.
  const programs = find(roots as Record<Name, string>);
  for (const [program, argument] of trials(programs)) {
    const { code, stderr } = await run(program, [argument], { env: environment(programs) });
    if (code !== 0) return { available: false, reason: `${program} does not run: ${stderr.trim()}` };
  }
  writeFileSync(`${record}.new`, JSON.stringify(programs, undefined, 2));
  renameSync(`${record}.new`, record);
  return { available: true, programs };
}

/** For programs whose libraries lie beside them. */
export function environment(programs: { readonly libraryPath?: string }): Readonly<Record<string, string | undefined>> {
  return programs.libraryPath === undefined ? process.env : { ...process.env, LD_LIBRARY_PATH: programs.libraryPath };
}

/** The folder of this machine's architecture; empty when there is none. */
export function multiarch(folder: string): string {
  const name = existsSync(folder) ? readdirSync(folder).find((one) => one.endsWith('-linux-gnu')) : undefined;
  return name === undefined ? '' : join(folder, name);
}
