/** Fixes over all texts that the Compose reader is tested with, as they are and broken at random. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { applyEdits, SourceText } from '../../core/text.ts';
import type { Finding } from '../../network/answer.ts';
import { createReach } from '../../reach/index.ts';
import { diskFiles, type Files, withOverlay } from '../../readers/files.ts';
import { readAll } from '../../readers/index.ts';
import { rules } from '../rules/index.ts';
import { ruleContext, runRules } from '../rules/run.ts';
import { proveFixes } from './prove.ts';
import { openYaml } from './yaml-file.ts';

const testdata = resolve(import.meta.dirname, '../../readers/compose/testdata');
const projects = readdirSync(testdata, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && diskFiles.exists(join(testdata, entry.name, 'compose.yaml')))
  .map((entry) => join(testdata, entry.name, 'compose.yaml'));

function findingsOf(path: string, files: Files): readonly Finding[] {
  const read = (from: Files) => readAll(from, { inputs: [{ kind: 'compose', paths: [path] }] });
  const model = read(files);
  const reach = createReach(model);
  return proveFixes({ drafts: runRules(ruleContext(model, reach), rules), model, reach, files, reread: read, ruleSet: rules });
}

const commentsOf = (text: string): readonly string[] => text.match(/(?<=^|\s)#.*$/gm) ?? [];

test('a fix keeps every comment and line ending, and leaves YAML that can be read', () => {
  let seen = 0;
  for (const path of projects) {
    for (const fix of findingsOf(path, diskFiles).flatMap(({ fixes }) => fixes)) {
      for (const [file, edits] of Map.groupBy(fix.edits, (edit) => edit.file)) {
        const source = diskFiles.read(file);
        assert.ok(source.ok);
        const { text } = source.source;
        const result = applyEdits(text, edits);
        seen += 1;
        assert.deepEqual(commentsOf(result), commentsOf(text), `${path}: ${fix.title}`);
        assert.equal(/[^\r]\n/.test(result), /[^\r]\n/.test(text), `${path}: ${fix.title}`);
        if (/\.ya?ml$/.test(file)) assert.ok(openYaml(new SourceText(file, result)) !== undefined, `${path}: ${fix.title}`);
      }
    }
  }
  assert.ok(seen > 5, `${seen} patched texts were looked at`);
});

/** A small generator with a seed (mulberry32), so that a failure can be run again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const faults: readonly (readonly [RegExp, string])[] = [
  [/\/\/[a-z][\w-]*:(?=\d)/, '//localhost:'],
  [/0\.0\.0\.0/, '127.0.0.1'],
  [/networks: \[[^\]]*\]/, 'networks: [nowhere]'],
  [/networks: \[[^\]]*\]/, 'network_mode: host'],
  [/internal: true/, 'internal: false'],
  [/\n( +)image: .*/, '$&\n$1network_mode: bridge'],
  [/\n( +)image: .*/, '$&\n$1ports: ["8080:80"]'],
  [/\n {2,}\S.*\n/, '\n'],
  [/:(\d+)"/, ':1$1"'],
];

test('rules and fixes never throw, whatever was broken', (context) => {
  const seed = 20_261_122;
  context.diagnostic(`seed ${seed}`);
  const next = random(seed);
  for (let round = 0; round < 150; round += 1) {
    const path = projects[Math.floor(next() * projects.length)] ?? '';
    const source = diskFiles.read(path);
    assert.ok(source.ok);
    let { text } = source.source;
    for (let count = 1 + Math.floor(next() * 3); count > 0; count -= 1) {
      const [pattern, replacement] = faults[Math.floor(next() * faults.length)] ?? [/$/, ''];
      const from = Math.floor(next() * text.length);
      text = text.slice(0, from) + text.slice(from).replace(pattern, replacement);
    }
    const files = withOverlay(diskFiles, new Map([[path, text]]));
    for (const fix of findingsOf(path, files).flatMap(({ fixes }) => fixes))
      for (const edit of fix.edits) assert.ok(edit.start <= edit.end, `round ${round} of ${path}`);
  }
});
