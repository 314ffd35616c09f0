/**
 * SARIF 2.1.0 (OASIS, errata 01), for code scanning services and editors. Places count UTF-16 code units (§3.14.17) and
 * URIs are relative to the working directory (§3.4.3), so that a report means the same on another machine.
 */
import { createHash } from 'node:crypto';
import { isAbsolute, relative } from 'node:path';
import type { FileOrigin, Origin, Span } from '../../core/origin.ts';
import { formatOrigin } from '../../core/origin.ts';
import type { Problem } from '../../core/problem.ts';
import type { TextEdit } from '../../core/text.ts';
import type { Finding, Fix, Severity, Step } from '../../network/answer.ts';
import type { Rule } from '../rule.ts';
import { pageOf, withoutMarks } from '../rules/pages.ts';
import type { Report, Sources } from './report.ts';

const levels: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'note' };

export async function sarifReport(report: Report): Promise<string> {
  const pages = await Promise.all(report.rules.map(pageOf));
  const log = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [run(report, pages)],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

/** `pages` has the page of each of the report's rules, in their order. */
function run(report: Report, pages: readonly string[]) {
  const indexOf = new Map(report.rules.map((rule, index) => [rule.id, index]));
  const seen = new Map<string, number>();
  const results = (findings: readonly Finding[]) => findings.map((finding) => result(finding, indexOf, report.sources, seen));
  const suppressed = report.suppressed.map(({ finding, reason }) => ({
    ...result(finding, indexOf, report.sources, seen),
    // §3.35: accepted by whoever wrote the comment or the settings file.
    suppressions: [
      { kind: finding.evidence[0].origin.kind === 'file' ? 'inSource' : 'external', status: 'accepted', justification: reason },
    ],
  }));
  return {
    tool: {
      driver: {
        name: 'fairlead',
        version: report.version,
        semanticVersion: report.version,
        rules: report.rules.map((rule, index) => descriptor(rule, pages[index] ?? rule.title)),
      },
    },
    columnKind: 'utf16CodeUnits',
    originalUriBaseIds: { SRCROOT: { description: { text: 'the working directory of the run' } } },
    invocations: [
      {
        executionSuccessful: report.problems.every((problem) => problem.severity !== 'error'),
        toolExecutionNotifications: report.problems.map(notification),
      },
    ],
    results: [...results(report.findings), ...suppressed],
  };
}

/** The page comes along as a whole: a viewer shows it without going anywhere. */
function descriptor(rule: Rule, page: string) {
  return {
    id: rule.id,
    name: rule.name,
    shortDescription: { text: rule.title },
    help: { text: withoutMarks(page), markdown: page },
    defaultConfiguration: { level: levels[rule.severity], enabled: rule.onByDefault },
    properties: { tags: ['network', 'docker'] },
  };
}

function result(finding: Finding, indexOf: ReadonlyMap<string, number>, sources: Sources, seen: Map<string, number>) {
  const [primary, ...related] = finding.evidence;
  const ruleIndex = indexOf.get(finding.ruleId);
  const fixes = finding.fixes.filter((fix) => fix.edits.length > 0).map((fix) => fixObject(fix, sources));
  return {
    ruleId: finding.ruleId,
    ...(ruleIndex === undefined ? {} : { ruleIndex }),
    level: levels[finding.severity],
    message: { text: messageOf(finding) },
    locations: [location(primary.origin, primary.label)],
    relatedLocations: related.map(({ origin, label }, index) => ({ id: index + 1, ...location(origin, label) })),
    partialFingerprints: { primaryLocationLineHash: fingerprint(finding, sources, seen) },
    ...(finding.verdict === undefined ? {} : { codeFlows: [codeFlow(finding.verdict.steps, primary.origin)] }),
    ...(fixes.length === 0 ? {} : { fixes }),
    properties: { subject: finding.subject, ...(finding.verdict === undefined ? {} : { verdict: finding.verdict.kind }) },
  };
}

/** Viewers show little but the message: it carries the symptom and the fix as well. */
function messageOf(finding: Finding): string {
  const symptom = finding.symptom === undefined ? '' : ` Symptom: ${finding.symptom}.`;
  const [fix] = finding.fixes;
  const commands = fix === undefined || fix.commands.length === 0 ? '' : `\n${fix.commands.join('\n')}`;
  return `${finding.message}${symptom}${fix === undefined ? '' : ` Fix: ${fix.title}.${commands}`}`;
}

function location(origin: Origin, label: string) {
  const message = label === '' ? {} : { message: { text: label } };
  if (origin.kind === 'file')
    return { physicalLocation: { artifactLocation: artifact(origin.file), region: region(origin.span) }, ...message };
  const name = formatOrigin(origin);
  const logical = { logicalLocations: [{ fullyQualifiedName: name, kind: origin.kind === 'observed' ? 'object' : 'default' }], ...message };
  // GitHub refuses results without a physical location: an inspected document is one.
  return origin.kind === 'observed' ? { physicalLocation: { artifactLocation: artifact(origin.source) }, ...logical } : logical;
}

function artifact(file: string) {
  const path = isAbsolute(file) ? relative(process.cwd(), file) : file.replace(/^\.\//, '');
  const uri = path.split(/[\\/]/).map(encodeURIComponent).join('/');
  return path.startsWith('..') || isAbsolute(path) ? { uri } : { uri, uriBaseId: 'SRCROOT' };
}

function region({ line, column, endLine, endColumn }: Span) {
  return { startLine: line, startColumn: column, endLine, endColumn };
}

/** §3.36: the way of the packet is the flow of the code. Steps without a place of their own stand at the finding. */
function codeFlow(steps: readonly Step[], fallback: Origin) {
  const locations = steps
    .filter((step) => step.outcome !== 'skip')
    .map((step, index) => {
      const origin = step.origins.find((one): one is FileOrigin => one.kind === 'file') ?? fallback;
      return {
        location: location(origin, step.text),
        executionOrder: index + 1,
        importance: step.outcome === 'block' ? 'essential' : 'important',
        kinds: [step.stage, step.outcome],
      };
    });
  return { threadFlows: [{ locations }] };
}

function fixObject(fix: Fix, sources: Sources) {
  return {
    description: { text: fix.title },
    artifactChanges: [...Map.groupBy(fix.edits, (edit) => edit.file)].map(([file, edits]) => ({
      artifactLocation: artifact(file),
      replacements: edits.map((edit) => replacement(edit, sources)),
    })),
  };
}

function replacement(edit: TextEdit, sources: Sources) {
  const span = sources.get(edit.file)?.span(edit.start, edit.end);
  const deleted = span === undefined ? { charOffset: edit.start, charLength: edit.end - edit.start } : region(span);
  return { deletedRegion: deleted, insertedContent: { text: edit.text } };
}

/** The same finding keeps its identity while lines move: the text of its line counts, not its number. */
function fingerprint(finding: Finding, sources: Sources, seen: Map<string, number>): string {
  const { origin } = finding.evidence[0];
  const text = origin.kind === 'file' ? (sources.get(origin.file)?.line(origin.span.line).trim() ?? '') : formatOrigin(origin);
  const file = origin.kind === 'file' ? artifact(origin.file).uri : '';
  const hash = createHash('sha256').update(`${finding.ruleId}\0${file}\0${finding.subject}\0${text}`).digest('hex').slice(0, 16);
  const count = (seen.get(hash) ?? 0) + 1;
  seen.set(hash, count);
  return `${hash}:${count}`;
}

function notification(problem: Problem) {
  return {
    descriptor: { id: problem.code },
    level: problem.severity === 'gap' ? 'note' : problem.severity,
    message: { text: problem.hint === '' ? problem.message : `${problem.message}. ${problem.hint}` },
    locations: [location(problem.origin, '')],
  };
}
