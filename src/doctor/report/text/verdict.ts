/** One answer: the verdict, the steps of the packet, what one sees, and what it rests on. */

import { formatOrigin } from '../../../core/origin.ts';
import type { Step, Verdict, World } from '../../../network/answer.ts';
import { marks, symptomWords } from '../../words.ts';
import type { Style } from './style.ts';
import { clean, columns, wrap } from './style.ts';

const INDENT = '            ';

export function verdictText(words: string, verdict: Verdict, style: Style): string {
  const paint = { reachable: style.good, unreachable: style.error, ambiguous: style.warning, undetermined: style.info }[verdict.kind];
  return [
    `${paint(`${marks[verdict.kind]} ${verdict.kind}`)}  ${style.strong(clean(words))}`,
    ...verdict.steps.filter((step) => step.outcome !== 'skip').map((step) => stepLine(step, style)),
    ...(verdict.kind === 'unreachable' ? [row('symptom', symptomWords(verdict.symptom), style)] : []),
    row('flow', flowOf(verdict), style),
    ...many('depends on', verdict.kind === 'ambiguous' ? worldsOf(verdict.worlds) : [], style),
    ...many('missing', verdict.missing, style),
    ...many('assuming', verdict.assumptions, style),
  ].join('\n');
}

const stepMarks = { pass: '√', block: '×', unknown: '?', skip: ' ' } as const;

function stepLine(step: Step, style: Style): string {
  const paint = { pass: style.good, block: style.error, unknown: style.info, skip: style.faint }[step.outcome];
  const place = style.faint(clean(formatPlace(step)));
  const text = wrap(clean(step.text), style.width, `${INDENT}  `, 14);
  const used = 14 + columns(text.slice(text.lastIndexOf('\n') + 1).trimStart());
  const behind = style.width === undefined || used + 2 + columns(clean(formatPlace(step))) <= style.width ? '  ' : `\n${INDENT}  `;
  return `  ${style.frame(step.stage.padEnd(9))} ${paint(stepMarks[step.outcome])} ${text}${place === '' ? '' : `${behind}${place}`}`;
}

const formatPlace = ({ origins: [origin] }: Step): string =>
  origin === undefined || origin.kind === 'default' ? '' : formatOrigin(origin);

function flowOf({ witness }: Verdict): string {
  const translated = witness.translated === undefined ? '' : `, translated to ${witness.translated}`;
  return `${witness.source} → ${witness.destination}/${witness.transport}${translated}`;
}

function worldsOf(worlds: readonly World[]): readonly string[] {
  return worlds.map((world) => {
    const choices = world.choices.map(({ key, value }) => `${key} ${value}`).join(', ');
    return `${world.reachable ? '√' : '×'} ${choices === '' ? 'otherwise' : choices}: ${world.reachable ? 'reachable' : symptomWords(world.symptom)}`;
  });
}

function many(label: string, texts: readonly string[], style: Style): readonly string[] {
  return texts.map((text, index) => row(index === 0 ? label : '', text, style));
}

function row(label: string, text: string, style: Style): string {
  return `  ${style.frame(label.padEnd(10))}${wrap(clean(text), style.width, INDENT, 12)}`;
}
