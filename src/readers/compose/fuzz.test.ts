import { ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { acceptedFixtures, refusedFixtures } from './fixtures.ts';
import { memoryFiles } from './memory-files.ts';
import { readCompose } from './read.ts';

/** Mulberry32: small, seeded, good enough to choose places in a text. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const pieces = [
  '"',
  "'",
  '[',
  ']',
  '{',
  '}',
  ': ',
  '- ',
  '\n',
  '  ',
  '\t',
  '&a ',
  '*a',
  '<<: *a',
  '!reset ',
  '!override ',
  '${',
  '}',
  '$',
  '#',
  '|\n',
  '>\n',
  '0',
  'null',
  '~',
  '---\n',
  '\u0000',
  '\ufeff',
  'é',
  '...',
  '?',
  '@',
  '%',
  'services:',
  'ports:',
  'extends: ',
  'include: ',
];

function mutate(text: string, random: (below: number) => number): string {
  let made = text;
  for (let round = random(4); round >= 0; round -= 1) {
    const at = random(made.length + 1);
    const kind = random(5);
    const length = random(kind === 1 ? 200 : 12);
    if (kind === 0) made = made.slice(0, at) + made.slice(at + length);
    else if (kind === 1) made = made.slice(0, at) + made.slice(random(made.length + 1)).slice(0, length) + made.slice(at);
    else if (kind === 2) made = made.slice(0, at);
    else made = made.slice(0, at) + (pieces[random(pieces.length)] ?? '') + made.slice(at + (kind === 3 ? 0 : length));
  }
  return made;
}

const textOf = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

test('mutated files never make the reader throw, and are read in bounded time', (t) => {
  const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000_000);
  const rounds = Number(process.env.FUZZ_ROUNDS ?? 12);
  t.diagnostic(`seed ${seed}; repeat with FUZZ_SEED=${seed}`);
  const random = randomFrom(seed);
  let read = 0;
  for (const fixture of [...acceptedFixtures(), ...refusedFixtures()]) {
    const others = ['compose.override.yaml', 'two.yaml', 'three.yaml', 'other.yaml', '.env', 'app.env', 'base.yaml', 'shared/base.yaml'];
    const texts = Object.fromEntries(
      [...fixture.paths.map((path) => relative(fixture.folder, path)), ...others].flatMap((name) => {
        const text = textOf(join(fixture.folder, name));
        return text === undefined ? [] : [[join('f', name), text]];
      }),
    );
    const names = Object.keys(texts);
    for (let round = 0; round < rounds; round += 1) {
      const victim = names[random(names.length)] ?? '';
      const changed = { ...texts, [victim]: mutate(texts[victim] ?? '', random) };
      const start = performance.now();
      try {
        const result = readCompose(memoryFiles(changed), { paths: fixture.paths.map((path) => join('f', relative(fixture.folder, path))) });
        JSON.stringify(result.resolvedJson());
        JSON.stringify(result.part);
      } catch (error) {
        throw new Error(`seed ${seed}, ${basename(dirname(fixture.folder))}/${fixture.name}, ${victim}:\n${changed[victim]}`, {
          cause: error,
        });
      }
      ok(performance.now() - start < 10_000, `seed ${seed}, ${fixture.name} took ${performance.now() - start} ms`);
      read += 1;
    }
  }
  ok(read > 500, `only ${read} files read`);
});
