/** What each transform makes of records, in words, for `fairlead config explain`. */
import type { Format } from '../stream.ts';
import type { Explanation } from './chain.ts';
import type { NamedTransform } from './compile.ts';
import type { TransformSettings } from './index.ts';
import { transformFor } from './kinds.ts';

/** `format`: what records are when they come in. */
export function explain(steps: readonly NamedTransform[], format: Format): readonly Explanation[] {
  let now = format;
  return steps.map(({ name, settings }) => {
    const { parses, why } = transformFor(settings).explain(settings);
    const useless = now === 'text' && needsFields(settings);
    if (settings.type === 'parse' && settings.format !== 'timestamp' && now === 'text') now = 'json';
    const told = useless
      ? 'Lines of text have no fields: each is passed on as it is and counted as an error. Put a parse before it, or read the source as json.'
      : why;
    return { name, type: settings.type, parses: useless ? 'none' : parses, why: told };
  });
}

function needsFields(settings: TransformSettings): boolean {
  const { type } = settings;
  if (type === 'add' || type === 'rename') return Object.keys(settings.fields).length > 0;
  return type === 'remove' && settings.fields.length > 0;
}
