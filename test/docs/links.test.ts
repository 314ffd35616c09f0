import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { brokenLinks, headings, linksOf, type MarkdownPage } from './links.ts';

const root = join(import.meta.dirname, '../..');

/** All pages of the repository; fixtures are inputs, not pages. */
function pages(): readonly MarkdownPage[] {
  const folders = readdirSync(root, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && !['node_modules', 'dist'].includes(entry.name) && !entry.name.startsWith('.'),
  );
  const below = folders.flatMap(({ name }) =>
    readdirSync(join(root, name), { recursive: true, encoding: 'utf8' }).map((path) => `${name}/${path.replaceAll('\\', '/')}`),
  );
  return [...readdirSync(root), ...below]
    .filter((path) => path.endsWith('.md') && !path.split('/').includes('testdata'))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

test('every link in every page leads somewhere', () => {
  const all = pages();
  const count = all.flatMap(linksOf).length;
  assert.ok(all.length >= 15, `only ${all.length} pages`);
  assert.ok(count >= 30, `only ${count} links`);
  assert.deepEqual(
    brokenLinks(all, (path) => existsSync(join(root, path))),
    [],
  );
});

test('links to files and headings that are not there are found', () => {
  const planted = [
    {
      path: 'README.md',
      text: '# A\n[gone](docs/gone.md) and [there](docs/b.md#two-words) and [web](https://example.org/x)\n[self](#a)\n`[code](no.md)`\n',
    },
    { path: 'docs/b.md', text: '## Two `words`\n[up](../README.md#b)\n```\n[block](no.md)\n```\n[out](../../etc)\n' },
  ];
  assert.deepEqual(
    brokenLinks(planted, (path) => ['README.md', 'docs/b.md'].includes(path)),
    [
      'README.md:2 links to docs/gone.md, which does not exist',
      'docs/b.md:2 links to ../README.md#b, but README.md has no heading "b"',
      'docs/b.md:6 links to ../../etc, which does not exist',
    ],
  );
});

test('headings become anchors as on the forge', () => {
  assert.deepEqual(
    [...headings('# What is modelled, per engine version\n## A `--flag` & more\n## Twice\n## Twice\n')],
    ['what-is-modelled-per-engine-version', 'a---flag--more', 'twice', 'twice-1'],
  );
});
