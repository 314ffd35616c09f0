/**
 * Where the agents of a rollout stand, and whether it may go on. Fed with one agent at a time, at a constant price for each:
 * nothing here looks at all of them, because every message of ten thousand agents comes by.
 *
 * Times are monotonic and begin when this process sees the agent: after a restart everybody has the whole of its time again,
 * so that an hour in which the server was off fails nobody. A version is proven later for it, never earlier.
 */
import type { AgentFacts, GateLimits, RolloutCounts } from './configurations.ts';

export type Phase = keyof RolloutCounts;

interface Member {
  readonly phase: Phase;
  readonly sinceMs: number;
  /** How often it turned ill after it had been well with this version. */
  readonly relapses: number;
  /** What it said, for the reason of a roll-back. */
  readonly note: string;
}

/** An agent that is well and ill in turns never proves the version, and would hold the rollout for ever: the third relapse counts. */
const maxRelapses = 3;

/** What is asked of one agent. */
export type Seen = Pick<AgentFacts, 'liveness' | 'healthy' | 'config'> & {
  /** It failed with this version before: its own quarantine holds it. */
  readonly refused: boolean;
};

export type Verdict =
  | { readonly kind: 'wait'; readonly reason: string }
  | { readonly kind: 'pass' }
  | { readonly kind: 'fail'; readonly reason: string };

export interface Gate {
  /** The agent shall have the new version, and this is how it is. */
  observe(uid: string, seen: Seen, nowMs: number): void;
  /** It is no longer the rollout's business. */
  remove(uid: string): void;
  /** Lets time pass: call at `nextAt`. */
  tick(nowMs: number): void;
  /** When an agent will have been well, ill or undecided for long enough. */
  nextAt(): number | undefined;
  has(uid: string): boolean;
  readonly counts: RolloutCounts;
  /** `last`: nobody is left to come, so an empty stage is a finished one. */
  verdict(last: boolean): Verdict;
}

export function createGate(toHash: string, limits: GateLimits): Gate {
  const members = new Map<string, Member>();
  const counts: Record<Phase, number> = { pending: 0, soaking: 0, passed: 0, ill: 0, unhealthy: 0, failed: 0, lost: 0, offline: 0 };
  // Each queue has one span of time, so that what is put in last falls due last.
  const undecided = createQueue(limits.applyTimeoutMs);
  const soaking = createQueue(limits.minHealthyMs);

  function set(uid: string, next: Member | undefined): void {
    const before = members.get(uid);
    if (before === next) return;
    if (before !== undefined) counts[before.phase] -= 1;
    if (next === undefined) return void members.delete(uid);
    counts[next.phase] += 1;
    members.set(uid, next);
    if (next.phase === 'soaking') soaking.add(uid, next);
    else if (next.phase === 'pending' || next.phase === 'ill') undecided.add(uid, next);
  }

  function examples(phases: readonly Phase[]): string {
    const found: string[] = [];
    for (const [uid, { phase, note }] of members) {
      if (!phases.includes(phase)) continue;
      if (found.length === 3) return `${found.join('; ')}; …`;
      found.push(`${uid}: ${note}`);
    }
    return found.join('; ');
  }

  return {
    counts,
    has: (uid) => members.has(uid),
    observe: (uid, seen, nowMs) => set(uid, nextMember(members.get(uid), seen, toHash, nowMs)),
    remove: (uid) => set(uid, undefined),
    tick(nowMs) {
      const isLatest = (uid: string, member: Member) => members.get(uid) === member;
      for (const [uid, member] of soaking.due(nowMs, isLatest)) set(uid, { ...member, phase: 'passed', sinceMs: nowMs });
      for (const [uid, member] of undecided.due(nowMs, isLatest))
        set(
          uid,
          member.phase === 'ill' ? { ...member, phase: 'unhealthy' } : { ...member, phase: 'failed', note: 'did not apply it in time' },
        );
    },
    nextAt() {
      const isLatest = (uid: string, member: Member) => members.get(uid) === member;
      const [a, b] = [soaking.nextAt(isLatest), undecided.nextAt(isLatest)];
      return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
    },
    verdict(last) {
      const sick = counts.unhealthy + counts.lost;
      if (counts.failed > limits.maxFailed)
        return { kind: 'fail', reason: `${counts.failed} failed (limit ${limits.maxFailed}): ${examples(['failed'])}` };
      if (sick > limits.maxUnhealthy)
        return { kind: 'fail', reason: `${sick} unhealthy (limit ${limits.maxUnhealthy}): ${examples(['unhealthy', 'lost'])}` };
      const open = counts.pending + counts.soaking + counts.ill;
      if (open > 0) return { kind: 'wait', reason: `${counts.pending} to apply it, ${counts.soaking} to stay healthy, ${counts.ill} ill` };
      if (members.size === 0 && last) return { kind: 'pass' };
      const bad = counts.failed + sick;
      if (counts.passed === 0 && bad > 0)
        return { kind: 'fail', reason: `none of ${bad} agents came out healthy: ${examples(['failed', 'unhealthy', 'lost'])}` };
      if (counts.passed === 0) return { kind: 'wait', reason: 'no agent of this stage is online to show that it works' };
      return { kind: 'pass' };
    },
  };
}

/** Pure; the same object when nothing changed, so that its times go on. */
export function nextMember(before: Member | undefined, seen: Seen, toHash: string, nowMs: number): Member {
  const relapses = before?.relapses ?? 0;
  const turn = (phase: Phase, note: string, times = relapses): Member =>
    before?.phase === phase ? before : { phase, sinceMs: nowMs, relapses: times, note };
  const wasWell = before?.phase === 'soaking' || before?.phase === 'passed';
  const relapse = (phase: Phase, note: string): Member =>
    relapses + 1 >= maxRelapses
      ? turn('unhealthy', `was well and then not, ${relapses + 1} times`, relapses + 1)
      : turn(phase, note, relapses + 1);
  // Only a report about this very version counts: APPLIED for the one before says nothing about it.
  const about = seen.config.hash === toHash;
  if (seen.refused || (about && seen.config.status === 'failed')) return turn('failed', seen.config.error || 'reported FAILED');
  if (seen.liveness === 'stopped' || seen.liveness === 'enrolled') return turn('offline', seen.liveness);
  if (seen.liveness === 'offline' || seen.liveness === 'expired') {
    // It was there when it was to get the version, and had not proven it: silence is what a version that kills looks like.
    const was = before?.phase;
    const killed = was !== undefined && was !== 'offline' && was !== 'passed' && was !== 'failed';
    return killed
      ? turn('lost', 'fell silent after it was to get the version')
      : (was === 'failed' && before) || turn('offline', 'offline');
  }
  if (!about || seen.config.status !== 'applied') {
    if (before?.phase === 'failed') return before;
    // It had it and has it no longer: made again without its disk, or it starts again and again.
    return wasWell ? relapse('pending', 'lost it again') : turn('pending', 'has not applied it yet');
  }
  if (seen.healthy) return before?.phase === 'passed' ? before : turn('soaking', 'healthy');
  if (wasWell) return relapse('ill', 'applied it and is unhealthy');
  return before?.phase === 'unhealthy' ? before : turn('ill', 'applied it and is unhealthy');
}

type IsLatest = (uid: string, member: Member) => boolean;

/** First in, first due. Entries that were overtaken stay until their time comes, and are passed over then. */
function createQueue(spanMs: number) {
  let entries: (readonly [uid: string, member: Member])[] = [];
  let head = 0;
  const skip = (isLatest: IsLatest) => {
    for (let entry = entries[head]; entry !== undefined && !isLatest(entry[0], entry[1]); entry = entries[head]) head += 1;
    if (head < 1_024 || head * 2 < entries.length) return;
    entries = entries.slice(head);
    head = 0;
  };
  return {
    add(uid: string, member: Member): void {
      entries.push([uid, member]);
    },
    *due(nowMs: number, isLatest: IsLatest): Generator<readonly [string, Member]> {
      for (;;) {
        skip(isLatest);
        const entry = entries[head];
        if (entry === undefined || entry[1].sinceMs + spanMs > nowMs) return;
        head += 1;
        yield entry;
      }
    },
    nextAt(isLatest: IsLatest): number | undefined {
      skip(isLatest);
      const entry = entries[head];
      return entry === undefined ? undefined : entry[1].sinceMs + spanMs;
    },
  };
}
