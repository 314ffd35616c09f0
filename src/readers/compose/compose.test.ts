import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { formatOrigin } from '../../core/origin.ts';
import type { Problem } from '../../core/problem.ts';
import type { Fixture } from './fixtures.ts';
import { acceptedFixtures, portable, readFixture, refusedFixtures } from './fixtures.ts';

const errorsOf = (problems: readonly Problem[]) => problems.filter((problem) => problem.severity === 'error');

/** `file:line:column message — hint`, without the folder of the fixture. */
function sentences(problems: readonly Problem[], fixture: Fixture): string {
  const lines = errorsOf(problems).map((problem) => `${formatOrigin(problem.origin)} ${problem.message} — ${problem.hint}`);
  return lines
    .join('\n')
    .replaceAll(`${fixture.folder}/`, '')
    .replaceAll(`${relative('', fixture.folder)}/`, '');
}

test('every accepted fixture resolves to what Compose itself printed', async (t) => {
  const fixtures = acceptedFixtures();
  ok(fixtures.length >= 60, `only ${fixtures.length} fixtures`);
  for (const fixture of fixtures) {
    await t.test(fixture.name, () => {
      const result = readFixture(fixture);
      deepStrictEqual(sentences(result.part.problems, fixture), '');
      deepStrictEqual(
        portable(result.resolvedJson(), fixture.folder),
        JSON.parse(readFileSync(join(fixture.folder, 'resolved.json'), 'utf8')),
      );
    });
  }
});

test('every refused fixture is refused with the sentence beside it', async (t) => {
  const fixtures = refusedFixtures();
  ok(fixtures.length >= 30, `only ${fixtures.length} fixtures`);
  for (const fixture of fixtures) {
    await t.test(fixture.name, () => {
      const result = readFixture(fixture);
      ok(errorsOf(result.part.problems).length > 0, 'nothing was refused');
      strictEqual(sentences(result.part.problems, fixture), readFileSync(join(fixture.folder, 'expected.txt'), 'utf8').trimEnd());
    });
  }
});

test('every refusal has a place, a message without full stop, and a hint', () => {
  for (const fixture of refusedFixtures()) {
    for (const problem of errorsOf(readFixture(fixture).part.problems)) {
      strictEqual(problem.origin.kind, 'file', `${fixture.name}: ${problem.message}`);
      ok(!problem.message.endsWith('.') && problem.hint.length > 0, `${fixture.name}: ${problem.message}`);
    }
  }
});

test('an exact origin holds its value character by character, in every fixture', () => {
  let seen = 0;
  for (const fixture of acceptedFixtures()) {
    const { part } = readFixture(fixture);
    for (const workload of part.workloads) {
      for (const { value, origin } of [
        ...workload.environment,
        ...(workload.command?.values ?? []),
        ...(workload.image === undefined ? [] : [workload.image]),
      ]) {
        if (value === undefined || origin.kind !== 'file' || !origin.exact) continue;
        const text = readFileSync(origin.file, 'utf8').slice(origin.span.start, origin.span.end);
        strictEqual(text, value, `${fixture.name} ${formatOrigin(origin)}`);
        seen += 1;
      }
    }
  }
  ok(seen > 100, `only ${seen} values looked at`);
});
