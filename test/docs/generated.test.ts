import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { generatedPages, stalePages } from '../../scripts/docs/pages.ts';
import { rulePage } from '../../scripts/docs/rules.ts';
import { settingsExample } from '../../scripts/docs/settings.ts';
import { errorTable } from '../../src/core/errors.ts';
import { SourceText } from '../../src/core/text.ts';
import { rules } from '../../src/doctor/rules/index.ts';
import { readSettings, settingFields } from '../../src/doctor/settings.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string | undefined => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined);

test('the reference pages are what the code says', async () => {
  const pages = await generatedPages();
  assert.ok(pages.length >= 5, `only ${pages.length} pages`);
  assert.deepEqual(stalePages(pages, read), []);
});

test('a stale and a missing page are found, with the line', () => {
  const pages = [
    { path: 'a.md', text: 'one\ntwo\n' },
    { path: 'b.md', text: 'x' },
    { path: 'c.md', text: 'x' },
  ];
  const disk: Record<string, string> = { 'a.md': 'one\nzwei\n', 'c.md': 'x' };
  assert.deepEqual(
    stalePages(pages, (path) => disk[path]),
    ['a.md:2 is not what the code says: npm run docs writes it anew', 'b.md is missing: npm run docs writes it'],
  );
});

test('no page in docs/reference is left over from something that is gone', async () => {
  const paths = (await generatedPages()).map(({ path }) => path);
  assert.deepEqual(
    readdirSync(join(root, 'docs/reference'))
      .map((name) => `docs/reference/${name}`)
      .filter((path) => !paths.includes(path)),
    [],
  );
});

test('every rule has its page, which names it, and every page its rule', () => {
  assert.ok(rules.length >= 11, `only ${rules.length} rules`);
  for (const rule of rules) assert.match(read(rulePage(rule)) ?? '', new RegExp(`^# .*${rule.id}`, 'm'), rulePage(rule));
  const folders = readdirSync(join(root, 'src/doctor/rules'), { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && entry.name !== 'testdata',
  );
  assert.deepEqual(folders.map(({ name }) => name).sort(), rules.map(({ name }) => name).sort());
});

test('every error code is on its page, and the page holds no other', () => {
  const page = read('docs/reference/errors.md') ?? '';
  assert.deepEqual(
    // First in their rows; hints name environment variables as well.
    [...page.matchAll(/^\| `(FAIRLEAD_[A-Z_]+)`/gm)].map(([, code]) => code),
    Object.keys(errorTable),
  );
});

test('the examples of the settings page are valid settings, together in one file', () => {
  const ids = rules.flatMap((rule) => [rule.id, rule.name]);
  const { settings, problems } = readSettings(new SourceText('fairlead.yaml', settingsExample()), ids);
  assert.deepEqual(
    problems.map(({ message }) => message),
    [],
  );
  assert.ok(settingFields.length >= 4 && settings.rules.size > 0 && settings.suppress.length > 0 && settings.hostListeners.length > 0);
});
