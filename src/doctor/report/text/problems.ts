/** Remarks on the input: what is wrong, what looks wrong, what was not understood. */
import { formatOrigin } from '../../../core/origin.ts';
import type { Problem } from '../../../core/problem.ts';
import { placeBefore } from '../../words.ts';
import type { Sources } from '../report.ts';
import { snippet } from './snippet.ts';
import type { Style } from './style.ts';
import { clean, wrap } from './style.ts';

const labels = { error: 'error', warning: 'warning', gap: 'not understood' } as const;

/** The same remark in many places is printed once, with the places. */
export function problemTexts(problems: readonly Problem[], sources: Sources, style: Style): readonly string[] {
  const order = ['error', 'warning', 'gap'] as const;
  const sorted = [...problems].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  const groups = Map.groupBy(sorted, (problem) => `${problem.severity}\0${problem.code}\0${problem.message}`);
  return [...groups.values()].map(([first, ...more]) => (first === undefined ? '' : problemText(first, more, sources, style)));
}

function problemText(problem: Problem, more: readonly Problem[], sources: Sources, style: Style): string {
  const paint = problem.severity === 'gap' ? style.info : style[problem.severity];
  const label = `${labels[problem.severity]}[${problem.code}]`;
  const place = placeBefore(problem.origin);
  const message = wrap(clean(problem.message), style.width, '    ', label.length + place.length + 2);
  const evidence = [{ label: '', origin: problem.origin }];
  return [
    `${paint(label)} ${style.strong(clean(place))} ${style.strong(message)}`,
    ...(problem.origin.kind === 'file' ? snippet(evidence, sources, style, paint) : []),
    ...(problem.hint === '' ? [] : [`  ${style.frame('help'.padEnd(9))} ${wrap(clean(problem.hint), style.width, '            ', 12)}`]),
    ...(more.length === 0
      ? []
      : [
          `  ${style.frame('also'.padEnd(9))} ${wrap(more.map((one) => clean(formatOrigin(one.origin))).join(', '), style.width, '            ', 12)}`,
        ]),
  ].join('\n');
}
