/** The folders under testdata/, for the tests here and for the comparison with Compose itself (lab/). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { diskFiles } from '../files.ts';
import type { ComposeResult } from './read.ts';
import { readCompose } from './read.ts';

export interface Fixture {
  /** Says what it shows. */
  readonly name: string;
  readonly folder: string;
  readonly paths: readonly string[];
  readonly profiles: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The Compose that knows what the fixture shows; 2.26 unless it is newer than that. */
  readonly compose: string;
}

const testdata = join(import.meta.dirname, 'testdata');

export const acceptedFixtures = (): readonly Fixture[] =>
  readdirSync(testdata)
    .filter((name) => name !== 'refused')
    .map((name) => fixtureIn(testdata, name));

export const refusedFixtures = (): readonly Fixture[] =>
  readdirSync(join(testdata, 'refused')).map((name) => fixtureIn(join(testdata, 'refused'), name));

function fixtureIn(parent: string, name: string): Fixture {
  const folder = join(parent, name);
  const settings = join(folder, 'fixture.json');
  // Written beside the fixture by whoever made it; absent settings have defaults.
  const said = existsSync(settings) ? (JSON.parse(readFileSync(settings, 'utf8')) as Partial<Fixture>) : {};
  return {
    name,
    folder,
    paths: (said.paths ?? ['compose.yaml']).map((path) => join(folder, path)),
    profiles: said.profiles ?? [],
    env: said.env ?? {},
    compose: said.compose ?? '2.26',
  };
}

export const readFixture = (fixture: Fixture): ComposeResult =>
  readCompose(diskFiles, { paths: fixture.paths, profiles: fixture.profiles, env: fixture.env });

/** Without what differs between machines: the folder in which the fixture lies. */
export function portable(value: unknown, folder: string): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll(folder, '/FIXTURE').replaceAll(join(folder, '..').replaceAll('\\', '/'), '/FIXTURES'));
}
