import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SourceText } from '../core/text.ts';
import { readSettings } from './settings.ts';

const read = (text: string) => readSettings(new SourceText('fairlead.yaml', text), ['R01', 'R08', 'localhost-in-container']);

test('all settings are read as they are written', () => {
  const { settings, problems } = read(
    'rules: { R01: off, R08: warning }\nsuppress:\n  - { rule: R01, subject: a → b, file: x/*.yaml, reason: known }\nenvironment:\n  docker: 20.10\n  rootless: no\nhostListeners: [9090, "127.0.0.1:53/udp"]\n',
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(
    [...settings.rules],
    [
      ['R01', 'off'],
      ['R08', 'warning'],
    ],
  );
  assert.equal(settings.suppress[0]?.file, 'x/*.yaml');
  // As a number of YAML it would be 20.1.
  assert.deepEqual(settings.environment.engine?.knowledge === 'declared' && settings.environment.engine.value, '20.10');
  assert.deepEqual(
    settings.hostListeners.map(({ port }) => port),
    [9090, 53],
  );
});

test('an empty file is no mistake', () => {
  for (const text of ['', '# nothing\n', 'rules:\n', '---\n']) assert.deepEqual(read(text).problems, [], text);
});

test('each mistake has a place and a hint, and all of them are found', () => {
  const cases = [
    ['rule:\n  R01: off\n', '1:1', 'did you mean "rules"?'],
    ['rules:\n  R01: of\n', '2:8', 'write one of on, off, error, warning, info'],
    ['rules:\n  R99x: off\n', '2:3', 'did you mean'],
    ['rules: []\n', '1:8', 'settings.md'],
    ['suppress:\n  - rule: R01\n', '2:5', 'add reason'],
    ['suppress:\n  - reason: x\n', '2:5', 'add rule'],
    ['suppress: R01\n', '1:11', 'start each entry'],
    ['environment:\n  docker: latest\n', '2:11', 'write a version'],
    ['hostListeners:\n  - port\n', '2:5', 'for example 9090'],
    ['rules: {\n', '2:1', 'write YAML'],
  ] as const;
  for (const [text, place, hint] of cases) {
    const [problem] = read(text).problems;
    assert.ok(problem?.origin.kind === 'file', text);
    assert.equal(`${problem.origin.span.line}:${problem.origin.span.column}`, place, text);
    if (!text.includes('R99x')) assert.ok(problem.hint.includes(hint), `${text} ${problem.hint}`);
  }
  assert.equal(read('rules:\n  R01: of\n  R08: of\n').problems.length, 2);
});
