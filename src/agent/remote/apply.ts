/** Puts sections in place while the agent runs, waits until they are well, and puts back what was there. */
import type { Clock } from '../../core/clock.ts';
import type { HealthTree } from '../health/tree.ts';
import type { Part } from '../part.ts';
import { changedSections, judgeComponents, touchedPaths } from './blame.ts';
import type { Sections } from './offer.ts';

export interface ApplyDeps {
  readonly clock: Clock;
  readonly parts: readonly Part[];
  readonly health: Pick<HealthTree, 'components' | 'onChange'>;
  readonly settleMs: number;
  readonly timeoutMs: number;
}

export type Outcome = { readonly kind: 'good' } | { readonly kind: 'bad'; readonly reason: string } | { readonly kind: 'called-off' };

/** Only sections that differ are given to their parts. Does not roll back: the caller knows to what. */
export async function put(before: Sections, after: Sections, deps: ApplyDeps): Promise<Outcome> {
  for (const section of changedSections(before, after)) {
    const part = deps.parts.find(({ name }) => name === section);
    if (part === undefined) return { kind: 'bad', reason: `this agent cannot change "${section}" while it runs` };
    const error = await applied(part, section, after, deps);
    if (error !== undefined) return { kind: 'bad', reason: `${section}: ${error}` };
  }
  return { kind: 'good' };
}

/** Undefined: it worked. */
async function applied(part: Part, section: string, sections: Sections, { clock, timeoutMs }: ApplyDeps): Promise<string | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<string>();
  const cancel = clock.after(timeoutMs, () => resolve(`applying it took longer than ${timeoutMs} ms`));
  try {
    return await Promise.race([part.apply(sections[section], sections).then(() => undefined), late]);
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  } finally {
    cancel();
  }
}

/** Every section that differs is tried, whatever happens to the others. Returns what could not be put back. */
export async function putBack(
  from: Sections,
  to: Sections,
  deps: ApplyDeps,
): Promise<readonly { readonly section: string; readonly reason: string }[]> {
  const failed: { section: string; reason: string }[] = [];
  for (const section of changedSections(from, to)) {
    const part = deps.parts.find(({ name }) => name === section);
    const error = part === undefined ? undefined : await applied(part, section, to, deps);
    if (error !== undefined) failed.push({ section, reason: error });
  }
  return failed;
}

/**
 * Watches what the change touched: for the settle time everything must stay well; components that have not shown yet whether
 * they work are waited for as long as the timeout allows.
 */
export function settled(before: Sections, after: Sections, deps: ApplyDeps, signal: AbortSignal): Promise<Outcome> {
  const { clock, health, settleMs, timeoutMs } = deps;
  const touched = touchedPaths(before, after);
  return new Promise((resolve) => {
    let timeIsUp = false;
    const end = (outcome: Outcome) => {
      for (const one of ending) one();
      signal.removeEventListener('abort', callOff);
      resolve(outcome);
    };
    const look = () => {
      const { unwell, pending } = judgeComponents(health.components(), touched);
      if (unwell.length > 0) end({ kind: 'bad', reason: unwell.join('; ') });
      else if (timeIsUp && pending.length === 0) end({ kind: 'good' });
    };
    const tooLate = () => {
      const { pending } = judgeComponents(health.components(), touched);
      end({ kind: 'bad', reason: `${pending.join(', ')} did not show within ${timeoutMs} ms whether it works` });
    };
    const callOff = () => end({ kind: 'called-off' });
    const ending = [
      health.onChange(look),
      clock.after(settleMs, () => {
        timeIsUp = true;
        look();
      }),
      // Never before the settle time is over: then the timeout is the shorter one.
      clock.after(Math.max(settleMs + 1, timeoutMs), tooLate),
    ];
    signal.addEventListener('abort', callOff);
    if (signal.aborted) callOff();
    else look();
  });
}
