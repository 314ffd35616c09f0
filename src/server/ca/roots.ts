/**
 * The authorities over time, as a value: at most one that signs, one that is to follow it, and one that it followed.
 *
 * A rotation: `prepare` makes the next authority and lets the active one sign its key (the cross certificate), agents learn it
 * with their next renewal; `activate` lets it sign; `retire` ends the trust in the former one. No step forces anybody to
 * reconnect, and none has to wait for an agent: who knows only the former authority gets from our chain to it by the cross
 * certificate for as long as the overlap lasts.
 */
import * as z from 'zod';
import type { RotationStep } from './authority.ts';
import { storedKey } from './seal.ts';

export const rootRecord = z.object({
  id: z.string(),
  state: z.enum(['prepared', 'active', 'retiring']),
  pem: z.string(),
  key: storedKey,
  notBeforeMs: z.int(),
  notAfterMs: z.int(),
  /** When it came into its state. */
  sinceMs: z.int(),
  /** This authority's key signed by the one before it. */
  crossPem: z.string().optional(),
});
export type RootRecord = z.infer<typeof rootRecord>;

export const rootsRecord = z.object({ roots: z.array(rootRecord) });

export interface RotationPolicy {
  /** So long agents get to learn the next authority before it signs. */
  readonly learnMs: number;
  /** So long the former one stays trusted. */
  readonly overlapMs: number;
}

/** The next step that is due by age; a successor is made when a fifth of the active one's life is left. */
export function dueStep(roots: readonly RootRecord[], nowMs: number, policy: RotationPolicy): RotationStep | undefined {
  const retiring = inState(roots, 'retiring');
  if (retiring !== undefined) return nowMs - retiring.sinceMs >= policy.overlapMs ? 'retire' : undefined;
  const active = inState(roots, 'active');
  if (active === undefined) return undefined;
  const prepared = inState(roots, 'prepared');
  // What an authority signs after its end is worth nothing, so then there is nothing to wait for.
  if (prepared !== undefined) return nowMs - prepared.sinceMs >= policy.learnMs || nowMs >= active.notAfterMs ? 'activate' : undefined;
  return active.notAfterMs - nowMs <= (active.notAfterMs - active.notBeforeMs) / 5 ? 'prepare' : undefined;
}

/** Why a step cannot be taken now; undefined: it can. `force` takes the risk that is named in the sentence. */
export function obstacle(
  roots: readonly RootRecord[],
  step: RotationStep,
  nowMs: number,
  policy: RotationPolicy,
  force: boolean,
): string | undefined {
  const retiring = inState(roots, 'retiring');
  switch (step) {
    case 'prepare':
      if (inState(roots, 'prepared') !== undefined) return 'the next authority is prepared already; activate it';
      return retiring === undefined ? undefined : 'the former authority is still trusted; retire it first';
    case 'activate':
      return inState(roots, 'prepared') === undefined ? 'no authority is prepared' : undefined;
    case 'retire': {
      if (retiring === undefined) return 'no former authority is there';
      const safeAtMs = retiring.sinceMs + policy.overlapMs;
      if (force || nowMs >= safeAtMs) return undefined;
      return `agents may hold certificates of the former authority until ${new Date(safeAtMs).toISOString()}; force it to cut them off`;
    }
    default:
      return step satisfies never;
  }
}

export function activated(roots: readonly RootRecord[], nowMs: number): readonly RootRecord[] {
  return roots.map((root) => {
    if (root.state === 'prepared') return { ...root, state: 'active', sinceMs: nowMs };
    return root.state === 'active' ? { ...root, state: 'retiring', sinceMs: nowMs } : root;
  });
}

/** Without the former authority, and without the certificate that led to it. */
export function retired(roots: readonly RootRecord[]): readonly RootRecord[] {
  return roots.filter(({ state }) => state !== 'retiring').map(({ crossPem: _, ...root }) => root);
}

export function inState(roots: readonly RootRecord[], state: RootRecord['state']): RootRecord | undefined {
  return roots.find((root) => root.state === state);
}

/** All certificates to trust, the newest first. */
export function bundleOf(roots: readonly RootRecord[]): string {
  return newestFirst(roots)
    .map(({ pem }) => pem)
    .join('');
}

export function newestFirst(roots: readonly RootRecord[]): readonly RootRecord[] {
  return [...roots].sort((a, b) => b.notBeforeMs - a.notBeforeMs);
}
