/** The contract of rules: every page says what it must, and its examples behave as the page says. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { applyEdits } from '../../core/text.ts';
import type { Finding } from '../../network/answer.ts';
import type { Environment } from '../../network/environment.ts';
import type { Listener, Model } from '../../network/model.ts';
import { createReach } from '../../reach/index.ts';
import type { Input } from '../../readers/discover.ts';
import { type Files, withOverlay } from '../../readers/files.ts';
import { readAll } from '../../readers/index.ts';
import { proveFixes } from '../fixes/index.ts';
import { parseHostListener } from '../host-listener.ts';
import { profileFields } from '../profile.ts';
import type { Rule } from '../rule.ts';
import { type Example, readExamples } from './examples.ts';
import { rules } from './index.ts';
import { ruleContext, runRules } from './run.ts';

const folder = import.meta.dirname;
const pages = new Map(rules.map((rule) => [rule, readFileSync(join(folder, rule.name, 'doc.md'), 'utf8')]));
const sections = [
  '## What it reports',
  '## Why it matters',
  '## Examples that fail',
  '## Examples that pass',
  '## How to fix it',
  '## What it cannot see',
];

test('rules are listed once each, by their folder, sorted by id', () => {
  const ids = rules.map((rule) => rule.id);
  assert.deepEqual(ids, [...new Set(ids)].sort());
  const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(folders.map((entry) => entry.name).sort(), rules.map((rule) => rule.name).sort());
});

for (const [rule, page] of pages) {
  test(`${rule.id}: the page has its title, its sections, and examples of both kinds`, () => {
    assert.ok(page.startsWith(`# ${rule.id} ${rule.name}\n`), 'title');
    const headings = page.split('\n').filter((line) => line.startsWith('## '));
    assert.deepEqual(headings, sections);
    const verdicts = new Set(readExamples(page).map((example) => example.verdict));
    assert.deepEqual([...verdicts].sort(), ['fail', 'pass']);
  });
  for (const example of readExamples(page)) {
    test(`${rule.id}: the example on line ${example.pageLine} of its page ${example.verdict === 'fail' ? 'fails' : 'passes'}`, () => {
      if (example.verdict === 'fail') assertFails(rule, example);
      else assertPasses(rule, example);
    });
  }
}

test('an example that says something unknown is refused', () => {
  assert.throws(() => readExamples('```yaml fail colour=red\na: 1\n```\n'), /unknown word "colour"/);
});

/** Examples lie in a folder of this name, which Compose makes the project's name. */
const FOLDER = 'example';

const noFiles: Files = { read: () => ({ ok: false, reason: 'missing', message: 'no such file' }), exists: () => false };

interface Bench {
  readonly files: Files;
  readonly read: (files: Files) => Model;
  readonly rules: readonly Rule[];
}

function benchOf(rule: Rule, example: Example): Bench {
  const texts = new Map([...example.files].map(([name, text]) => [resolve(FOLDER, name), text]));
  const request = { inputs: inputsOf(example), environment: environmentOf(example), hostListeners: listenersOf(example) };
  return {
    files: withOverlay(noFiles, texts),
    read: (files) => readAll(files, request),
    rules: rules.filter((candidate) => candidate.onByDefault || candidate === rule),
  };
}

/** Compose files by their folder, scripts, pages and JSON; whatever else is there is only mounted. */
function inputsOf(example: Example): readonly Input[] {
  const names = [...example.files.keys()];
  const compose = names.filter((name) => /(?:^|\/)(?:docker-)?compose(?:\.\w+)?\.ya?ml$/.test(name));
  const projects = [...Map.groupBy(compose, dirname).values()].map((paths): Input => ({ kind: 'compose', paths: paths.map(inFolder) }));
  const others = names.flatMap((name): Input[] => {
    if (name.endsWith('.sh')) return [{ kind: 'commands', path: inFolder(name), syntax: 'shell' }];
    if (name.endsWith('.md')) return [{ kind: 'commands', path: inFolder(name), syntax: 'markdown' }];
    return name === example.file && name.endsWith('.json') ? [{ kind: 'json', path: inFolder(name) }] : [];
  });
  return [...projects, ...others];
}

const inFolder = (name: string): string => `${FOLDER}/${name}`;

function environmentOf(example: Example): Partial<Environment> {
  const stated = profileFields.flatMap((field) =>
    (example.host.get(field.flag) ?? []).map((text) => field.parse(text, { kind: 'default', text: 'the example' })),
  );
  return Object.assign({}, ...stated.map((parsed) => (parsed.ok ? parsed.value : assert.fail(parsed.problem))));
}

function listenersOf(example: Example): readonly Listener[] {
  return (example.host.get('host-listener') ?? []).map((text) => {
    const parsed = parseHostListener(text, { kind: 'default', text: `a service of the host on ${text}` });
    return parsed.ok ? parsed.value : assert.fail(parsed.problem);
  });
}

function judge({ files, read, rules: ruleSet }: Bench): readonly Finding[] {
  const model = read(files);
  const broken = model.problems.filter((problem) => problem.severity === 'error');
  assert.deepEqual(broken, [], 'the example is read without errors');
  const reach = createReach(model);
  return proveFixes({ drafts: runRules(ruleContext(model, reach), ruleSet), model, reach, files, reread: read, ruleSet });
}

const show = (findings: readonly Finding[]): string =>
  findings.map((finding) => `${finding.severity} ${finding.ruleId} ${finding.message}`).join('\n');

function assertPasses(rule: Rule, example: Example): void {
  const found = judge(benchOf(rule, example)).filter((finding) => finding.severity !== 'info' || finding.ruleId === rule.id);
  assert.equal(show(found), '');
}

function assertFails(rule: Rule, example: Example): void {
  const bench = benchOf(rule, example);
  const findings = judge(bench);
  const others = findings.filter((finding) => finding.ruleId !== rule.id && finding.severity !== 'info');
  assert.equal(show(others), '', 'no other rule speaks');
  const own = findings.filter((finding) => finding.ruleId === rule.id);
  assert.notEqual(own.length, 0, 'the rule speaks');
  for (const finding of own) assert.match(finding.message, /^\S.*\.$/s, 'a sentence with a full stop');
  if (example.blame !== undefined)
    assert.ok(
      own.some((finding) => isBlamed(finding, example)),
      `no finding blames line ${example.blame.line}, but ${own.map(placeOf).join(', ')}`,
    );
  if (example.fix !== undefined) assertFix(bench, example, own.find((finding) => isBlamed(finding, example)) ?? own[0]);
}

function placeOf({ evidence: [{ origin }] }: Finding): string {
  return origin.kind === 'file' ? `${origin.file}:${origin.span.line}` : origin.kind;
}

function isBlamed(finding: Finding, { blame }: Example): boolean {
  const [{ origin }] = finding.evidence;
  if (blame === undefined) return true;
  return origin.kind === 'file' && resolve(origin.file) === resolve(inFolder(blame.file)) && origin.span.line === blame.line;
}

function assertFix(bench: Bench, example: Example, finding: Finding | undefined): void {
  assert.ok(finding !== undefined);
  const best =
    (['safe', 'suggestion', 'manual'] as const).find((kind) => finding.fixes.some((fix) => fix.applicability === kind)) ?? 'none';
  assert.equal(best, example.fix, `the best fix of: ${finding.message}`);
  for (const fix of finding.fixes.filter(({ edits }) => edits.length > 0)) {
    assert.ok(fix.proof !== undefined || finding.verdict === undefined, `${fix.title} is proven`);
    const texts = new Map<string, string>();
    for (const [path, edits] of Map.groupBy(fix.edits, (edit) => edit.file)) {
      const read = bench.files.read(path);
      assert.ok(read.ok);
      texts.set(resolve(path), applyEdits(read.source.text, edits));
    }
    const files = withOverlay(bench.files, texts);
    assert.deepEqual(newRemarks(bench.read(bench.files), bench.read(files)), [], `${fix.title} is read without new remarks`);
    const left = judge({ ...bench, files });
    assert.ok(
      !left.some((other) => other.ruleId === finding.ruleId && other.message === finding.message),
      `${fix.title} removes the finding`,
    );
    assert.equal(
      show(left.filter(({ severity, ruleId }) => severity !== 'info' && ruleId !== finding.ruleId)),
      '',
      `${fix.title} brings no other finding`,
    );
    if (fix.proof !== undefined) assert.notEqual(fix.proof.before, 'reachable', `${fix.title} was needed`);
  }
}

/** What docker or Compose would say of the patched text and did not say of the old one. */
function newRemarks(before: Model, after: Model): readonly string[] {
  const remarks = (model: Model) =>
    model.problems.filter(({ severity }) => severity !== 'gap').map(({ code, message }) => `${code}: ${message}`);
  const known = new Set(remarks(before));
  return remarks(after).filter((remark) => !known.has(remark));
}
