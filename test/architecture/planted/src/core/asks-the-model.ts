import type { Thing } from '../network/thing.ts';

export type Same = Thing;
