/** The report for programs. Its shape is docs/schemas/check.schema.json. */
import type { TextEdit } from '../../core/text.ts';
import type { Finding, Fix } from '../../network/answer.ts';
import { lookup } from '../../network/lookup.ts';
import type { Model } from '../../network/model.ts';
import { originJson, problemJson, SCHEMA_VERSION, verdictJson } from '../as-json.ts';
import type { JudgedLink } from '../rule.ts';
import { countAll, whyNotAsked } from '../words.ts';
import type { Report, Sources } from './report.ts';

export function jsonReport(report: Report): string {
  return `${JSON.stringify(jsonValue(report), undefined, 2)}\n`;
}

export function jsonValue(report: Report) {
  const counts = countAll(report.findings, report.links, report.problems);
  return {
    schemaVersion: SCHEMA_VERSION,
    tool: { name: 'fairlead', version: report.version },
    summary: {
      findings: counts.findings,
      links: counts.links,
      fixable: counts.fixable,
      suppressed: report.suppressed.length,
      inputErrors: counts.unreadable,
    },
    findings: report.findings.map((finding) => findingJson(finding, report.sources)),
    suppressed: report.suppressed.map(({ finding, reason }) => ({ ...findingJson(finding, report.sources), reason })),
    links: report.links.map(linkJson),
    problems: report.problems.map(problemJson),
    hosts: report.models.map(hostJson),
  };
}

function findingJson(finding: Finding, sources: Sources) {
  return {
    ruleId: finding.ruleId,
    rule: finding.rule,
    severity: finding.severity,
    subject: finding.subject,
    message: finding.message,
    evidence: finding.evidence.map(({ label, origin }) => ({ label, origin: originJson(origin) })),
    reasons: finding.reasons,
    symptom: finding.symptom ?? null,
    verdict: finding.verdict === undefined ? null : verdictJson(finding.verdict),
    fixes: finding.fixes.map((fix) => fixJson(fix, sources)),
  };
}

function fixJson(fix: Fix, sources: Sources) {
  return {
    title: fix.title,
    applicability: fix.applicability,
    edits: fix.edits.map((edit) => editJson(edit, sources)),
    commands: fix.commands,
    proof: fix.proof ?? null,
  };
}

function editJson(edit: TextEdit, sources: Sources) {
  const span = sources.get(edit.file)?.span(edit.start, edit.end);
  const place = span === undefined ? {} : { line: span.line, column: span.column, endLine: span.endLine, endColumn: span.endColumn };
  return { file: edit.file, start: edit.start, end: edit.end, ...place, text: edit.text };
}

function linkJson(judged: JudgedLink) {
  const { link, verdict } = judged;
  return {
    id: link.id,
    workload: link.workloadId,
    setting: link.setting,
    raw: link.raw,
    host: link.host ?? null,
    port: link.port ?? null,
    transport: link.transport,
    application: link.application,
    plane: link.plane,
    purpose: link.purpose,
    evaluator: link.evaluator,
    origin: originJson(link.origin),
    verdict: verdict === undefined ? null : verdictJson(verdict),
    notAsked: verdict === undefined ? whyNotAsked(judged) : null,
  };
}

/** What was understood of each host, so that a program can tell silence from not having looked. */
function hostJson(model: Model) {
  const { endpointsOf, publicationsOf } = lookup(model);
  const { hostAddresses, hostGatewayIps, ...facts } = model.environment;
  const environment = Object.entries(facts).map(([name, fact]) => [
    name,
    fact.knowledge === 'unknown' ? fact : { knowledge: fact.knowledge, value: fact.value },
  ]);
  return {
    environment: Object.fromEntries(environment),
    workloads: model.workloads.map((workload) => ({
      id: workload.id,
      name: workload.name,
      declaredBy: workload.declaredBy,
      image: workload.image?.value ?? null,
      namespace: workload.namespaceId,
      networks: (endpointsOf.get(workload.namespaceId) ?? []).map((endpoint) => endpoint.networkId),
      publications: (publicationsOf.get(workload.namespaceId) ?? [])
        .filter((publication) => publication.workloadId === workload.id)
        .map(({ hostIp, hostPort, containerPort, transport }) => ({
          hostIp: hostIp ?? null,
          hostPort: hostPort ?? null,
          containerPort,
          transport,
        })),
      origin: originJson(workload.origin),
    })),
    networks: model.networks.map(({ id, driver, external, internal }) => ({ id, driver, external, internal: internal !== undefined })),
  };
}
