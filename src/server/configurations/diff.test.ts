import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffFiles, unifiedDiff } from './diff.ts';

/** Applies a unified diff as `patch` does, so that the diff is checked by what it means and not by how it looks. */
function patch(text: string, diff: string): string {
  const old = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const result: string[] = [];
  let at = 0;
  const lines = diff.split('\n').slice(2, -1);
  for (const [index, line] of lines.entries()) {
    const header = /^@@ -(\d+)(?:,(\d+))? \+/.exec(line);
    const body = line.slice(1) + (lines[index + 1]?.startsWith('\\') ? '' : '\n');
    if (header !== null) {
      const start = Number(header[1]) - (header[2] === '0' ? 0 : 1);
      result.push(...old.slice(at, start));
      at = start;
    } else if (line.startsWith('+')) result.push(body);
    else if (!line.startsWith('\\')) {
      assert.equal(old[at], body, `line ${at + 1}`);
      if (line.startsWith(' ')) result.push(body);
      at += 1;
    }
  }
  return [...result, ...old.slice(at)].join('');
}

const cases: readonly (readonly [name: string, from: string, to: string, hunks: string])[] = [
  ['a changed line', 'a\nb\nc\n', 'a\nB\nc\n', '@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n'],
  ['a first file', '', 'a\nb\n', '@@ -0,0 +1,2 @@\n+a\n+b\n'],
  ['an emptied file', 'a\n', '', '@@ -1 +0,0 @@\n-a\n'],
  ['a line feed that is missing at the end', 'a\nb', 'a\nb\n', '@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n'],
  [
    'changes far apart',
    '1\n2\n3\n4\n5\n6\n7\n8\n9\n',
    '0\n2\n3\n4\n5\n6\n7\n8\n0\n',
    '@@ -1,4 +1,4 @@\n-1\n+0\n 2\n 3\n 4\n@@ -6,4 +6,4 @@\n 6\n 7\n 8\n-9\n+0\n',
  ],
  [
    'changes whose contexts touch',
    '1\n2\n3\n4\n5\n6\n7\n8\n',
    '0\n2\n3\n4\n5\n6\n7\n0\n',
    '@@ -1,8 +1,8 @@\n-1\n+0\n 2\n 3\n 4\n 5\n 6\n 7\n-8\n+0\n',
  ],
];
for (const [name, from, to, hunks] of cases)
  test(`${name} is shown as diff -u shows it`, () => {
    const diff = unifiedDiff(from, to, 'a', 'b');
    assert.equal(diff, `--- a\n+++ b\n${hunks}`);
    assert.equal(patch(from, diff), to);
  });

test('a diff of random texts leads from one to the other', () => {
  let state = 7;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  const text = () => Array.from({ length: random(40) }, () => `${random(5)}${random(10) === 0 ? '' : '\n'}`).join('');
  for (let round = 0; round < 2_000; round++) {
    const [from, to] = [text(), text()];
    const diff = unifiedDiff(from, to, 'a', 'b');
    assert.equal(diff === '' ? from : patch(from, diff), to, JSON.stringify([from, to]));
  }
});

test('the script is the shortest one', () => {
  const diff = unifiedDiff('a\nb\nc\na\nb\nb\na\n', 'c\nb\na\nb\na\nc\n', 'a', 'b');
  // The example of the paper: ABCABBA to CBABAC takes five edits.
  assert.equal(diff.match(/^[-+][a-c]$/gm)?.length, 5);
});

test('texts that have nothing in common are replaced whole, in a bounded time', () => {
  const many = (prefix: string) => Array.from({ length: 30_000 }, (_, at) => `${prefix}${at}\n`).join('');
  const [from, to] = [`same\n${many('a')}`, `same\n${many('b')}`];
  assert.equal(patch(from, unifiedDiff(from, to, 'a', 'b')), to);
});

test('files that come and go are /dev/null on the other side, and a content type is told', () => {
  const file = (name: string, body: string, contentType = 'text/yaml') => ({ name, contentType, body });
  assert.equal(
    diffFiles([file('gone', 'x\n'), file('kept', 'k\n')], [file('kept', 'k\n', 'application/json'), file('', 'n\n')], 'e@1', 'e@2'),
    '--- /dev/null\n+++ e@2/config\n@@ -0,0 +1 @@\n+n\n--- e@1/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\ncontent type of kept: "text/yaml" -> "application/json"\n',
  );
});
