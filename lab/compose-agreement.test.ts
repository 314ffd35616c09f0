/** Compose itself against our reader, over all fixtures: what it prints we print, what it refuses we refuse. */
import { deepStrictEqual, notStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { Fixture } from '../src/readers/compose/fixtures.ts';
import { acceptedFixtures, portable, readFixture, refusedFixtures } from '../src/readers/compose/fixtures.ts';
import { ensureLab } from './setup.ts';

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function composeConfig(plugin: string, fixture: Fixture): Promise<Run> {
  const args = [...fixture.paths.flatMap((path) => ['-f', path]), ...fixture.profiles.flatMap((profile) => ['--profile', profile])];
  const child = spawn(plugin, [...args, 'config', '--format', 'json'], { env: { ...fixture.env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

const hasErrors = (fixture: Fixture): boolean => readFixture(fixture).part.problems.some((problem) => problem.severity === 'error');

test('Compose prints for each accepted fixture what we resolve', async (t) => {
  const lab = await ensureLab();
  for (const fixture of acceptedFixtures()) {
    const compose = lab.compose[fixture.compose];
    const skip =
      compose?.available === true
        ? false
        : `Compose ${fixture.compose}: ${compose === undefined ? 'not wanted by the lab' : compose.reason}`;
    await t.test(fixture.name, { skip }, async () => {
      ok(compose?.available);
      const run = await composeConfig(compose.plugin, fixture);
      strictEqual(run.code, 0, run.stderr);
      strictEqual(hasErrors(fixture), false);
      deepStrictEqual(portable(readFixture(fixture).resolvedJson(), fixture.folder), portable(JSON.parse(run.stdout), fixture.folder));
    });
  }
});

test('Compose refuses each refused fixture, and so do we', async (t) => {
  const lab = await ensureLab();
  for (const fixture of refusedFixtures()) {
    const compose = lab.compose[fixture.compose];
    const skip =
      compose?.available === true
        ? false
        : `Compose ${fixture.compose}: ${compose === undefined ? 'not wanted by the lab' : compose.reason}`;
    await t.test(fixture.name, { skip }, async () => {
      ok(compose?.available);
      const run = await composeConfig(compose.plugin, fixture);
      notStrictEqual(run.code, 0, 'Compose accepts it');
      strictEqual(hasErrors(fixture), true);
    });
  }
});
