import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SourceText } from '../../core/text.ts';
import type { Finding } from '../../network/answer.ts';
import { markdownReport } from './markdown.ts';
import type { Report } from './report.ts';

function reportOf(finding: Finding, source: SourceText): Report {
  return {
    version: '0',
    rules: [],
    findings: [finding],
    suppressed: [],
    links: [],
    problems: [],
    models: [],
    sources: new Map([[source.file, source]]),
  };
}

test('texts of the input stay text: no HTML, no mention, no broken fence', () => {
  const source = new SourceText('a.yaml', 'url: <b>```@team\n');
  const finding: Finding = {
    ruleId: 'R01',
    rule: 'localhost-in-container',
    severity: 'error',
    subject: 's',
    message: 'a dials <script>@team_x.',
    evidence: [{ label: '', origin: source.origin(5, 16) }],
    reasons: ['because *of* this'],
    fixes: [{ title: 'dial `x`', applicability: 'safe', edits: [{ file: 'a.yaml', start: 5, end: 16, text: 'http://x' }], commands: [] }],
  };
  const markdown = markdownReport(reportOf(finding, source));
  assert.doesNotMatch(markdown, /<script>|[^`;]@team_x/);
  assert.match(markdown, /because \\\*of\\\* this/);
  assert.match(markdown, /````diff\n--- a\.yaml:1\n-url: <b>```@team\n\+url: http:\/\/x\n````/);
});
