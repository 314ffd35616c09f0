/** All transforms. Their settings only: what they do is loaded when a chain is compiled. */
import * as z from 'zod';
import { addSettings } from './add/settings.ts';
import { aggregateSettings } from './aggregate/settings.ts';
import { deduplicateSettings } from './deduplicate/settings.ts';
import { filterSettings } from './filter/settings.ts';
import { parseSettings } from './parse/settings.ts';
import { rateLimitSettings } from './rate-limit/settings.ts';
import { redactSettings } from './redact/settings.ts';
import { removeSettings } from './remove/settings.ts';
import { renameSettings } from './rename/settings.ts';
import { sampleSettings } from './sample/settings.ts';

export const transformSettings = z
  .discriminatedUnion('type', [
    addSettings,
    aggregateSettings,
    deduplicateSettings,
    filterSettings,
    parseSettings,
    rateLimitSettings,
    redactSettings,
    removeSettings,
    renameSettings,
    sampleSettings,
  ])
  .describe('One transform; its type decides what else may be set.');

export type TransformSettings = z.output<typeof transformSettings>;
