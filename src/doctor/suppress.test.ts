import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SourceText } from '../core/text.ts';
import type { Finding } from '../network/answer.ts';
import type { Suppression } from './settings-fields.ts';
import { suppress } from './suppress.ts';

const knownRules = ['R01', 'localhost-in-container', 'R08'];

/** A finding of R01 at the place of `word` in the text. */
function findingAt(source: SourceText, word: string): Finding {
  const start = source.text.indexOf(word);
  assert.ok(start >= 0);
  return {
    ruleId: 'R01',
    rule: 'localhost-in-container',
    severity: 'error',
    subject: 'agent',
    message: 'm.',
    evidence: [{ label: '', origin: source.origin(start, start + word.length) }],
    reasons: [],
    fixes: [],
  };
}

function run(text: string, settings: readonly Suppression[] = []) {
  const source = new SourceText('app/compose.yaml', text);
  return suppress({ findings: [findingAt(source, 'url')], sources: [source], settings, knownRules, allRulesRan: true });
}

test('a comment on the line, above it or for the file suppresses, by id or by name', () => {
  const texts = [
    'url: localhost # fairlead-ignore R01: known\n',
    '# fairlead-ignore R01: known\nurl: localhost\n',
    '# fairlead-ignore localhost-in-container: known\n\n# another comment\nurl: localhost\n',
    '# fairlead-ignore R08, R01: known\nurl: localhost\n',
    'url: localhost\n# fairlead-ignore-file R01: known\n',
    '<!-- fairlead-ignore R01: known -->\nurl: localhost\n',
    '// fairlead-ignore R01: known\r\nurl: localhost\r\n',
  ];
  for (const text of texts) {
    const { findings, suppressed, problems } = run(text);
    assert.deepEqual([findings.length, suppressed[0]?.reason, problems], [0, 'known', []], text);
  }
});

test('a comment elsewhere, or for another rule, does not, and is reported as unused', () => {
  const texts = ['# fairlead-ignore R01: known\nother: 1\nurl: localhost\n', 'url: localhost # fairlead-ignore R08: known\n'];
  for (const text of texts) {
    const { findings, problems } = run(text);
    assert.deepEqual(
      [findings.length, problems.map(({ code, severity }) => `${severity} ${code}`)],
      [1, ['warning suppression-unused']],
      text,
    );
  }
});

test('a comment without a rule or without a reason, or with an unknown rule, is an error', () => {
  const texts = [
    'url: localhost # fairlead-ignore R01\n',
    'url: localhost # fairlead-ignore: known\n',
    'url: localhost # fairlead-ignore R1: known\n',
  ];
  for (const text of texts) {
    const { findings, problems } = run(text);
    assert.deepEqual([findings.length, problems[0]?.code], [1, 'suppression-invalid'], text);
  }
});

test('the settings suppress by rule, subject and file', () => {
  const origin = new SourceText('fairlead.yaml', 'x').origin(0, 1);
  const of = (more: Partial<Suppression>): Suppression => ({ rule: 'R01', reason: 'known', origin, ...more });
  for (const one of [of({}), of({ subject: 'agent' }), of({ file: 'compose.yaml' }), of({ file: 'app/*' })])
    assert.equal(run('url: localhost', [one]).findings.length, 0);
  for (const one of [of({ rule: 'R08' }), of({ subject: 'other' }), of({ file: 'compose.yml' })])
    assert.equal(run('url: localhost', [one]).findings.length, 1);
});
