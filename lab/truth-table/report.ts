import { agrees } from '../predict.ts';
import { describeQuestion } from '../topology.ts';
import type { Measured } from './run.ts';
import type { MeasuredText } from './run-error-texts.ts';
import { expectedFor, type Group, type Row } from './types.ts';

/** How a measured row stands to the table and to the model. */
export interface Judged {
  readonly measured: Measured;
  /** What the table says is not what the engine did. */
  readonly againstTable: string | undefined;
  /** What the model says is not what the engine did. */
  readonly againstModel: string | undefined;
}

export function judge(measured: Measured): Judged {
  const { row, outcome, answeredBy, predicted } = measured;
  const expected = expectedFor(row, measured.version);
  const wrongServer = outcome === 'ok' && row.by !== undefined && row.by !== answeredBy;
  return {
    measured,
    againstTable: outcome !== expected ? `table: ${expected}` : wrongServer ? `table: by ${row.by}, was ${answeredBy}` : undefined,
    againstModel:
      predicted === undefined || agrees(predicted, measured.result)
        ? undefined
        : `model: ${predicted.verdict} ${predicted.symptom} ${predicted.answeredBy ?? ''}`.trim(),
  };
}

/** Rows × versions: what the engine did, with a mark where the table or the model says otherwise. */
export function tableText(groups: readonly Group[], versions: readonly string[], judged: readonly Judged[]): string {
  const byRow = Map.groupBy(judged, (one) => one.measured.row);
  const lines = groups.flatMap((group) => [
    ['', '', ''],
    [`[${group.id}]`, '', '', ...versions],
    ...group.rows.map((row) => [
      row.id,
      row.source,
      describeQuestion(row.question),
      ...versions.map((version) => cell(row, version, byRow.get(row) ?? [])),
    ]),
  ]);
  const notes = groups.flatMap((group) => group.rows).flatMap((row) => noteOf(row) ?? []);
  return `${alignColumns(lines)}\n\n[notes]\n${alignColumns(notes)}`;
}

/** Why a row cannot run here, or where documents say something else than engines do. */
function noteOf(row: Row): readonly [readonly string[]] | undefined {
  const note = row.cannot ?? row.note;
  return note === undefined ? undefined : [[row.id, note]];
}

function cell(row: Row, version: string, judged: readonly Judged[]): string {
  if (row.cannot !== undefined) return 'cannot';
  const one = judged.find((candidate) => candidate.measured.version === version);
  if (one === undefined) return '-';
  const complaints = [one.againstTable, one.againstModel].filter((complaint) => complaint !== undefined);
  return complaints.length === 0 ? one.measured.outcome : `${one.measured.outcome} !! ${complaints.join('; ')}`;
}

export function errorTextsTable(measured: readonly MeasuredText[]): string {
  const byRow = Map.groupBy(measured, (one) => one.row.id);
  const lines = [...byRow].map(([id, all]) => [id, ...all.map((one) => textCell(one))]);
  return alignColumns([['[error-texts]', ...new Set(measured.map((one) => one.version))], ...lines]);
}

function textCell(one: MeasuredText): string {
  if (one.agrees) return one.expected === undefined ? 'accepted' : 'as expected';
  return `!! exit ${one.exitCode}: ${one.said.split('\n')[0] ?? ''}`;
}

/** Texts in columns, the last one as long as it likes. */
export function alignColumns(lines: readonly (readonly string[])[]): string {
  const widths = lines.reduce<number[]>(
    (known, line) => line.map((text, index) => Math.max(known[index] ?? 0, text.length)).concat(known.slice(line.length)),
    [],
  );
  return lines
    .map((line) =>
      line
        .map((text, index) => text.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function summaryText(judged: readonly Judged[], texts: readonly MeasuredText[]): string {
  const against = judged.filter((one) => one.againstTable !== undefined).length + texts.filter((one) => !one.agrees).length;
  const compared = judged.filter((one) => one.measured.predicted !== undefined).length;
  const wrong = judged.filter((one) => one.againstModel !== undefined).length;
  const model = compared === 0 ? 'model not consulted' : `the model agrees with the engine in ${compared - wrong} of ${compared}`;
  return `${judged.length + texts.length} cells measured, ${against} differ from the table; ${model}`;
}
