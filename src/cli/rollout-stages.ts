/** Stages of a rollout as a text: `canary=env=canary,10%,50%,100%`. */
import { usage } from './parse.ts';

export type Stage =
  | { readonly kind: 'canary'; readonly selector: string }
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'percent'; readonly percent: number }
  | { readonly kind: 'all' };

const example = 'write stages with commas between them, for example "canary=env=canary,10%,50%,100%"';

/**
 * `canary=SELECTOR`, `N%`, `N` (so many agents), `all` or `100%`. A selector may hold commas itself: what is no stage of its own
 * goes on with the canary before it.
 */
export function parseStages(text: string): readonly Stage[] {
  const stages: Stage[] = [];
  for (const part of text.split(',')) {
    const stage = stageOf(part.trim());
    const before = stages.at(-1);
    if (stage !== undefined) stages.push(stage);
    else if (before?.kind === 'canary') stages[stages.length - 1] = { kind: 'canary', selector: `${before.selector},${part}` };
    else throw usage(`"${part.trim()}" is no stage`, example);
  }
  return stages;
}

function stageOf(text: string): Stage | undefined {
  const [, selector] = /^canary=(.+)$/.exec(text) ?? [];
  if (selector !== undefined) return { kind: 'canary', selector };
  if (/^(all|100(\.0+)?%)$/.test(text)) return { kind: 'all' };
  const [, percent] = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text) ?? [];
  if (percent !== undefined) return { kind: 'percent', percent: Number(percent) };
  return /^\d{1,7}$/.test(text) ? { kind: 'count', count: Number(text) } : undefined;
}

export function stageText(stage: Stage | undefined): string {
  switch (stage?.kind) {
    case undefined:
      return '–';
    case 'canary':
      return `canary ${stage.selector}`;
    case 'count':
      return `${stage.count} ${stage.count === 1 ? 'agent' : 'agents'}`;
    case 'percent':
      return `${stage.percent} %`;
    case 'all':
      return 'all';
    default:
      return stage satisfies never;
  }
}
