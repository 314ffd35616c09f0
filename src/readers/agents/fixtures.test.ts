import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { describe, readFixture } from './fixture.ts';
import { readAgents } from './index.ts';

const folder = import.meta.dirname;
const fixtures = globSync('testdata/**/*.yaml', { cwd: folder }).sort();

test('there are fixtures to run', () => {
  assert.ok(fixtures.length >= 40, `${fixtures.length} fixtures`);
});

for (const path of fixtures) {
  test(`agents: ${relative('testdata', path)}`, () => {
    const { part, files, expected } = readFixture(path, readFileSync(join(folder, path), 'utf8'));
    assert.deepEqual(describe(readAgents(files, part)), expected);
  });
}
