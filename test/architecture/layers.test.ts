import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cycles, dependencyViolations, exitViolations, layerViolations } from './layers.ts';
import { nameViolations } from './names.ts';
import { importsOf, reachedFrom, readSources } from './scan.ts';

const root = join(import.meta.dirname, '../..');
const sources = readSources(join(root, 'src'));
const shipped = reachedFrom('cli.ts', sources);
const planted = readSources(join(import.meta.dirname, 'planted/src'));

const none = (violations: readonly string[]) => assert.equal(violations.join('\n'), '');

test('the rules look at the whole source: many files, many imports of every kind', () => {
  const meant = sources.filter(({ path }) => !path.includes('/testing/'));
  assert.ok(shipped.length >= 0.9 * meant.length, `only ${shipped.length} of ${meant.length} files are reached from cli.ts`);
  const imports = sources.flatMap(importsOf);
  assert.ok(sources.length >= 150, `only ${sources.length} files`);
  assert.ok(imports.length >= 2 * sources.length, `only ${imports.length} imports`);
  for (const kind of ['file', 'builtin', 'package'])
    assert.ok(
      imports.some((entry) => entry.kind === kind),
      `no import of a ${kind}`,
    );
  const missing = imports.filter(
    (entry) => entry.kind === 'file' && entry.target.endsWith('.ts') && !sources.some(({ path }) => path === entry.target),
  );
  assert.deepEqual(missing, [], 'imports of files that were not seen');
});

test('imports point downward, islands stay apart and sockets and files are opened where they may be', () => none(layerViolations(shipped)));

test('only cli.ts ends the process', () => none(exitViolations(shipped)));

test('no folders import each other in a circle', () => none(cycles(sources)));

test('names are kebab-case and say something', () => {
  const all = ['src', 'test', 'lab', 'bench', 'scripts'].flatMap((folder) =>
    readSources(join(root, folder), { tests: true }).map(({ path }) => `${folder}/${path}`),
  );
  assert.ok(all.length > sources.length);
  // The compiler of the protocol names its files after those of others.
  none(nameViolations(all.filter((path) => !path.includes('/planted/') && !path.includes('/generated/'))));
});

test('every dependency has its reason, every reason its dependency, and src imports exactly the runtime ones', () => {
  // package.json is ours; its shape is what npm checks at every install.
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, Record<string, string>>;
  const runtime = Object.keys(manifest.dependencies ?? {});
  const all = [...runtime, ...Object.keys(manifest.devDependencies ?? {})];
  assert.ok(runtime.length >= 1 && all.length > runtime.length);
  assert.deepEqual(Object.keys(manifest['we-have-these-dependencies-because'] ?? {}).sort(), all.sort());
  none(dependencyViolations(shipped, runtime));
});

test('each planted violation is found, with its line and its reason, and nothing else is', () => {
  const found = [
    ...layerViolations(planted),
    ...exitViolations(planted),
    ...cycles(planted),
    ...dependencyViolations(planted, ['yaml', 'never-imported']),
  ];
  const expected = readFileSync(join(import.meta.dirname, 'planted/expected.txt'), 'utf8').trimEnd();
  assert.equal([...found].sort().join('\n'), expected);
});

test('planted names are found', () => {
  assert.deepEqual(nameViolations(['src/core/Address.ts', 'src/core/net-utils.ts', 'src/core/address.test.ts', 'src/a_b/x.ts']), [
    'src/core/Address.ts: "Address.ts" is not kebab-case',
    'src/core/net-utils.ts: "utils" says nothing about what is inside; name the thing that it holds',
    'src/a_b/x.ts: "a_b" is not kebab-case',
  ]);
});

test('imports are seen in every form and not in comments or texts', () => {
  const text = [
    "import type { A } from './a.ts';",
    'import {',
    '  b,',
    "} from '../b/b.ts';",
    "export * from './c.ts';",
    "import 'node:fs';",
    "// import './no.ts';",
    "/** import { x } from './no.ts'; */",
    "const lazy = () => import('./d.ts');",
    "const text = 'from nowhere';",
    "import { parse } from '@scope/pack/sub';",
  ].join('\n');
  assert.deepEqual(
    importsOf({ path: 'x/y.ts', text }).map(({ line, target, kind, typeOnly }) => [line, target, kind, typeOnly]),
    [
      [1, 'x/a.ts', 'file', true],
      [4, 'b/b.ts', 'file', false],
      [5, 'x/c.ts', 'file', false],
      [6, 'fs', 'builtin', false],
      [9, 'x/d.ts', 'file', false],
      [11, '@scope/pack', 'package', false],
    ],
  );
});
