/** Which code belongs to which settings. */
import { add } from './add/add.ts';
import { aggregate } from './aggregate/aggregate.ts';
import { deduplicate } from './deduplicate/deduplicate.ts';
import { filter } from './filter/filter.ts';
import type { TransformSettings } from './index.ts';
import { parse } from './parse/parse.ts';
import { rateLimit } from './rate-limit/rate-limit.ts';
import { redact } from './redact/redact.ts';
import { remove } from './remove/remove.ts';
import { rename } from './rename/rename.ts';
import { sample } from './sample/sample.ts';
import type { Step, StepContext, Transform } from './step.ts';

type SettingsOf<Type extends TransformSettings['type']> = Extract<TransformSettings, { readonly type: Type }>;

const kinds: { readonly [Type in TransformSettings['type']]: Transform<SettingsOf<Type>> } = {
  add,
  aggregate,
  deduplicate,
  filter,
  parse,
  'rate-limit': rateLimit,
  redact,
  remove,
  rename,
  sample,
};

/** The table above holds, under each type, the transform of settings of that type, which TypeScript cannot follow through the lookup. */
export const transformFor = (settings: TransformSettings): Transform<TransformSettings> =>
  kinds[settings.type] as Transform<TransformSettings>;

export const compileTransform = (settings: TransformSettings, context: StepContext): readonly Step[] =>
  transformFor(settings).compile(settings, context);
