/** Inputs → findings: read, judge every link, run the rules, prove the fixes, take away what is suppressed. */
import type { Problem } from '../core/problem.ts';
import type { SourceText } from '../core/text.ts';
import type { Finding, Severity } from '../network/answer.ts';
import type { Model } from '../network/model.ts';
import type { Reach } from '../reach/index.ts';
import { createReach } from '../reach/index.ts';
import type { Files } from '../readers/files.ts';
import { recorded } from '../readers/files-recorded.ts';
import type { HostModel, ReadRequest } from '../readers/index.ts';
import { readAll, readHosts } from '../readers/index.ts';
import { proveFixes } from './fixes/index.ts';
import type { JudgedLink, Rule } from './rule.ts';
import { ruleContext, runRules } from './rules/run.ts';
import type { Settings } from './settings-fields.ts';
import type { Suppressed } from './suppress.ts';
import { suppress } from './suppress.ts';

export interface CheckRequest {
  readonly files: Files;
  readonly read: ReadRequest;
  readonly rules: readonly Rule[];
  readonly settings: Settings;
  /** Only these rules (ids or names), also where they are off by default; undefined: all that are on. */
  readonly only?: readonly string[];
  /** Findings below it are not reported; undefined: all are. */
  readonly atLeast?: Severity;
  /** Called before each stretch of work (a host, a question, a rule, a fix), for progress and to stop when time is up (by throwing). */
  readonly onStage?: (stage: string) => void;
}

export interface CheckResult {
  readonly findings: readonly Finding[];
  readonly suppressed: readonly Suppressed[];
  readonly links: readonly JudgedLink[];
  readonly problems: readonly Problem[];
  readonly models: readonly Model[];
  /** Every text that was read, by its path as findings name it. */
  readonly sources: ReadonlyMap<string, SourceText>;
}

export function check(request: CheckRequest): CheckResult {
  const { files, sources } = recorded(request.files);
  const stage = request.onStage ?? (() => {});
  stage('reading');
  const hosts = readHosts(files, request.read);
  const rules = chosenRules(request);
  const judged = hosts.map((host, index) => {
    const part = hosts.length > 1 ? `checking ${index + 1} of ${hosts.length}` : 'checking';
    stage(part);
    return checkHost(host, { ...request, files, onStage: (step) => stage(`${part}: ${step}`) }, rules);
  });
  const found = judged.flatMap((one) => one.findings).map((finding) => withSeverity(finding, request.settings));
  const kept = suppress({
    findings: found,
    sources: sources.values(),
    settings: request.settings.suppress,
    knownRules: request.rules.flatMap((rule) => [rule.id, rule.name]),
    allRulesRan: request.only === undefined,
  });
  return {
    findings: kept.findings.filter((finding) => isAtLeast(finding.severity, request.atLeast)).sort(byPlace),
    suppressed: kept.suppressed,
    links: judged.flatMap((one) => one.links),
    problems: [...hosts.flatMap((host) => host.model.problems), ...kept.problems],
    models: hosts.map((host) => host.model),
    sources,
  };
}

function checkHost(
  host: HostModel,
  request: CheckRequest,
  rules: readonly Rule[],
): { readonly findings: readonly Finding[]; readonly links: readonly JudgedLink[] } {
  const { model } = host;
  const stage = request.onStage ?? (() => {});
  const reach = watched(createReach(model), () => stage('asking'));
  const context = ruleContext(model, reach);
  const { links } = context;
  const drafts = runRules(context, rules, (rule) => stage(`${rule.id} ${rule.name}`));
  if (drafts.length === 0) return { findings: [], links };
  const read: ReadRequest = { ...request.read, inputs: host.inputs, observed: host.observed };
  const reread = (files: Files): Model => readAll(files, read);
  const onProof = (rule: Rule): void => stage(`proving a fix of ${rule.id}`);
  return { findings: proveFixes({ drafts, model, reach, files: request.files, reread, ruleSet: rules, onProof }), links };
}

function watched(reach: Reach, onAsk: () => void): Reach {
  const ask: Reach['ask'] = (question) => {
    onAsk();
    return reach.ask(question);
  };
  return { ...reach, ask };
}

/** What was asked for by name runs; otherwise what is on by default, as changed by the settings. */
function chosenRules({ rules, only, settings }: CheckRequest): readonly Rule[] {
  if (only !== undefined) return rules.filter((rule) => only.includes(rule.id) || only.includes(rule.name));
  return rules.filter((rule) => {
    const level = settings.rules.get(rule.id) ?? settings.rules.get(rule.name);
    return level === undefined ? rule.onByDefault : level !== 'off';
  });
}

function withSeverity(finding: Finding, settings: Settings): Finding {
  const level = settings.rules.get(finding.ruleId) ?? settings.rules.get(finding.rule);
  return level === undefined || level === 'on' || level === 'off' ? finding : { ...finding, severity: level };
}

const rank: Readonly<Record<Severity, number>> = { error: 2, warning: 1, info: 0 };

function isAtLeast(severity: Severity, least: Severity | undefined): boolean {
  return least === undefined || rank[severity] >= rank[least];
}

/** By file, then by line: as one reads. Observed facts have no line and come in the order of their objects. */
function byPlace(a: Finding, b: Finding): number {
  const [left, right] = [placeOf(a), placeOf(b)];
  return (
    compare(left.file, right.file) ||
    left.line - right.line ||
    left.column - right.column ||
    compare(a.ruleId, b.ruleId) ||
    compare(a.subject, b.subject)
  );
}

function placeOf({ evidence: [{ origin }] }: Finding): { readonly file: string; readonly line: number; readonly column: number } {
  if (origin.kind === 'file') return { file: origin.file, line: origin.span.line, column: origin.span.column };
  return { file: origin.kind === 'observed' ? `${origin.source}\0${origin.object}` : '\uffff', line: 0, column: 0 };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
