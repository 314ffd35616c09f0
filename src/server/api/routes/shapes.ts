/** Shapes that several resources share. */
import * as z from 'zod';
import type { AgentLive } from '../../fleet/agent.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { refusal } from '../route.ts';

export const time = z.string().meta({ format: 'date-time' });

export const page = {
  limit: z.coerce.number().int().min(1).max(1_000).default(100).describe('entries on a page'),
  after: z.string().max(512).optional().describe('the `next` of the page before'),
};

/** Ids of records of ours: what goes into a key of the store is looked at first. */
export const recordId = z.string().regex(/^[A-Za-z0-9._-]{1,128}$/, 'letters, digits and . _ -');

export const isoTime = (ms: number): string => new Date(ms).toISOString();

export const agentKey = z.object({ agent: z.string().min(1).max(256).describe('name or UID') });

/** By UID, then by name. */
export const findAgent = (fleet: Pick<Fleet, 'get' | 'named'>, key: string): AgentLive | undefined =>
  fleet.get(key.toLowerCase()) ?? fleet.named(key);
export const noAgent = (key: string) => refusal(404, 'no-such-agent', `there is no agent "${key}"`, 'fairlead agents lists them');
