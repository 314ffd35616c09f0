import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SourceText } from '../../../core/text.ts';
import type { Finding, Fix } from '../../../network/answer.ts';
import type { Report } from '../report.ts';
import { findingText } from './finding.ts';
import { styleFor } from './style.ts';

const source = new SourceText('a.yaml', 'url: http://localhost:9090\n');

function show(fix: Partial<Fix>): string {
  const finding: Finding = {
    ruleId: 'R01',
    rule: 'localhost-in-container',
    severity: 'error',
    subject: 'agent',
    message: 'agent dials itself.',
    evidence: [{ label: 'dialled here', origin: source.origin(12, 21) }],
    reasons: [],
    fixes: [{ title: 'dial it', applicability: 'suggestion', edits: [], commands: [], ...fix }],
  };
  const report: Report = {
    findings: [finding],
    suppressed: [],
    links: [],
    problems: [],
    models: [],
    sources: new Map([['a.yaml', source]]),
    version: '0',
    rules: [],
  };
  return findingText(finding, report, styleFor({ colour: false, width: undefined }));
}

const edits = [{ file: 'a.yaml', start: 12, end: 21, text: 'server' }];

test('a fix that turns an answer says so, one that only takes the finding away says that', () => {
  assert.match(
    show({ edits, proof: { before: 'unreachable', after: 'reachable', alsoChanges: [] } }),
    /asked again: unreachable → reachable/,
  );
  const silent = show({ edits, proof: { before: 'undetermined', after: 'undetermined', alsoChanges: [] } });
  assert.match(silent, /read again: the finding is gone/);
  assert.doesNotMatch(silent, /undetermined/);
  assert.match(show({ edits }), /read again: the finding is gone/);
  assert.doesNotMatch(show({}), /again/, 'what is told in words only was not proven');
});

test('of many other changes six are listed and the rest is counted', () => {
  const alsoChanges = Array.from({ length: 18 }, (_, index) => `s${index} can now also reach web:80`);
  const text = show({ edits, proof: { before: 'unreachable', after: 'reachable', alsoChanges } });
  assert.match(text, /s5 can now.*\n {12}and 12 more, see --format json$/);
  assert.doesNotMatch(text, /s6/);
  assert.doesNotMatch(show({ edits, proof: { before: 'unreachable', after: 'reachable', alsoChanges: alsoChanges.slice(0, 6) } }), /more/);
});
