/** The table of links: who dials what, and whether it gets there. */
import { formatOrigin } from '../../../core/origin.ts';
import type { Model } from '../../../network/model.ts';
import type { JudgedLink } from '../../rule.ts';
import { marks, shortReason, whyNotAsked } from '../../words.ts';
import type { Report } from '../report.ts';
import type { Paint, Style } from './style.ts';
import { clean, columns, padEnd, wrap } from './style.ts';

interface Row {
  readonly mark: string;
  readonly paint: Paint;
  readonly from: string;
  readonly purpose: string;
  readonly to: string;
  readonly place: string;
  /** The rule whose finding explains it. */
  readonly rule: string;
  readonly note: string;
}

export function linksTable({ links, models, findings, suppressed }: Report, style: Style): readonly string[] {
  const nameOf = names(models);
  const ruleOf = new Map([
    ...suppressed.map(({ finding }) => [finding.verdict, `${finding.ruleId} suppressed`] as const),
    ...findings.map((finding) => [finding.verdict, finding.ruleId] as const),
  ]);
  const rows = links.map((judged) => rowOf(judged, judged.verdict === undefined ? undefined : ruleOf.get(judged.verdict), nameOf, style));
  const width = (cell: (row: Row) => string): number =>
    Math.min(
      WIDEST,
      rows.reduce((most, row) => Math.max(most, columns(cell(row))), 0),
    );
  const widths = { from: width((row) => row.from), purpose: width((row) => row.purpose), to: width((row) => row.to) };
  const inline = rows.every((row) => fits(row, widths, style));
  return rows.flatMap((row) => rowLines(row, widths, inline, style));
}

/** Wider cells push the rest of their line to the right, and no other line. */
const WIDEST = 44;

type Widths = Readonly<Record<'from' | 'purpose' | 'to', number>>;

const cellsOf = (row: Row, widths: Widths): string =>
  `${padEnd(row.from, widths.from)}  ${padEnd(row.purpose, widths.purpose)}  ${padEnd(row.to, widths.to)}`;

function fits(row: Row, widths: Widths, style: Style): boolean {
  return style.width === undefined || 8 + columns(cellsOf(row, widths)) + columns(row.place) + columns(row.rule) <= style.width;
}

/** Places stand beside all rows, or below all of them. */
function rowLines(row: Row, widths: Widths, inline: boolean, style: Style): readonly string[] {
  const rule = row.rule === '' ? '' : `  ${row.paint(row.rule)}`;
  const below = [...(inline ? [] : [row.place]), ...(row.note === '' ? [] : [row.note])].join(': ');
  return [
    `  ${row.paint(row.mark)} ${cellsOf(row, widths)}${inline ? `  ${style.faint(row.place)}` : ''}${rule}`.trimEnd(),
    ...(below === '' ? [] : [`      ${style.faint(wrap(below, style.width, '      '))}`]),
  ];
}

function rowOf(judged: JudgedLink, explainedBy: string | undefined, nameOf: (id: string) => string, style: Style): Row {
  const { link, verdict } = judged;
  const kind = verdict?.kind ?? 'not-asked';
  const paints = {
    reachable: style.good,
    unreachable: style.error,
    ambiguous: style.warning,
    undetermined: style.info,
    'not-asked': style.faint,
  };
  return {
    mark: marks[kind],
    paint: paints[kind],
    from: clean(nameOf(link.workloadId)),
    purpose: clean(link.purpose === '' ? 'dials' : link.purpose),
    to: clean(link.raw),
    place: clean(formatOrigin(link.origin)),
    rule: explainedBy ?? '',
    // What a finding explains in full is not said again.
    note: explainedBy !== undefined ? '' : clean(verdict === undefined ? whyNotAsked(judged) : shortReason(verdict)),
  };
}

/** The short name where it is the only one of its kind, else the id. */
function names(models: readonly Model[]): (id: string) => string {
  const workloads = models.flatMap((model) => model.workloads);
  const nameOf = new Map(workloads.map(({ id, name }) => [id, name]));
  const counts = new Map<string, number>();
  for (const { name } of workloads) counts.set(name, (counts.get(name) ?? 0) + 1);
  return (id) => {
    const name = nameOf.get(id);
    return name !== undefined && counts.get(name) === 1 ? name : id;
  };
}
