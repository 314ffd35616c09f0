/** What changes between two models, in words. */
import { formatOrigin } from '../../../core/origin.ts';
import type { Verdict } from '../../../network/answer.ts';
import type { Link } from '../../../network/model.ts';
import type { Difference, LinkChange, PairChange } from '../../diff.ts';
import { marks, plural, shortReason } from '../../words.ts';
import type { Style } from './style.ts';
import { clean, columns, wrap } from './style.ts';

export function differenceText(difference: Difference, style: Style): string {
  const { links, pairs, linksOnlyBefore, linksOnlyAfter, onlyBefore, onlyAfter } = difference;
  const sections = [
    section(
      'links that change',
      links.flatMap((change) => linkLines(change, style)),
      style,
    ),
    section(
      'pairs that change',
      pairs.flatMap((change) => pairLines(change, style)),
      style,
    ),
    section(
      'links that are gone',
      linksOnlyBefore.map((link) => linkLine('-', link, style)),
      style,
    ),
    section(
      'links that are new',
      linksOnlyAfter.map((link) => linkLine('+', link, style)),
      style,
    ),
    section(
      'gone',
      onlyBefore.map((name) => `  - ${clean(name)}`),
      style,
    ),
    section(
      'new',
      onlyAfter.map((name) => `  + ${clean(name)}`),
      style,
    ),
  ].filter((text) => text !== '');
  const worse = [...links, ...pairs].filter(({ before, after }) => rank(after) < rank(before)).length;
  const end =
    sections.length === 0
      ? `${style.good('√')} no answer changes`
      : `${worse > 0 ? style.error('×') : style.good('√')} ${plural(links.length, 'link')} and ${plural(pairs.length, 'group')} of pairs change${worse === 0 ? '' : `, ${worse} for the worse`}`;
  return `${[...sections, end].join('\n\n')}\n`;
}

/** Not knowing lies between yes and no. */
function rank(verdict: Verdict | undefined): number {
  return verdict?.kind === 'reachable' ? 2 : verdict?.kind === 'unreachable' ? 0 : 1;
}

function section(title: string, lines: readonly string[], style: Style): string {
  return lines.length === 0 ? '' : [style.strong(title), ...lines].join('\n');
}

/** Behind the sign: `  × → √  `. */
const BEHIND = 9;

function linkLines({ from, link, before, after }: LinkChange, style: Style): readonly string[] {
  const words = `${clean(from)} ${clean(link.purpose === '' ? 'dials' : link.purpose)} ${clean(link.raw)}`;
  const place = clean(formatOrigin(link.origin));
  const fits = style.width === undefined || BEHIND + columns(words) + 2 + columns(place) <= style.width;
  return [
    `  ${turn(before, after, style)}  ${words}${fits ? `  ${style.faint(place)}` : `\n      ${style.faint(place)}`}`,
    ...reasons(before, after, style),
  ];
}

function pairLines({ from, to, before, after }: PairChange, style: Style): readonly string[] {
  const words = wrap(`${clean(from.join(', '))} → ${clean(to.join(', '))}`, style.width, '      ', BEHIND);
  return [`  ${turn(before, after, style)}  ${words}`, ...reasons(before, after, style)];
}

function turn(before: Verdict | undefined, after: Verdict | undefined, style: Style): string {
  const paint = (verdict: Verdict | undefined) =>
    ({ reachable: style.good, unreachable: style.error, ambiguous: style.warning, undetermined: style.info, 'not-asked': style.faint })[
      verdict?.kind ?? 'not-asked'
    ];
  return `${paint(before)(marks[before?.kind ?? 'not-asked'])} → ${paint(after)(marks[after?.kind ?? 'not-asked'])}`;
}

function reasons(before: Verdict | undefined, after: Verdict | undefined, style: Style): readonly string[] {
  const say = (label: string, verdict: Verdict | undefined): string => {
    const reason = verdict === undefined ? 'not asked' : shortReason(verdict);
    return `      ${style.faint(wrap(`${label} ${verdict?.kind === 'reachable' ? 'reachable' : clean(reason)}`, style.width, '              '))}`;
  };
  return [say('before:', before), say('after: ', after)];
}

function linkLine(sign: string, link: Link, style: Style): string {
  return `  ${sign} ${clean(link.workloadId)} ${clean(link.raw)}  ${style.faint(clean(formatOrigin(link.origin)))}`;
}
