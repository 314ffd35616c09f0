/**
 * A timing wheel: what is due is found without looking at the rest, and putting something in or taking it out costs the same for ten
 * agents and for a hundred thousand. Members carry their own links, so that nothing is allocated.
 *
 * It is lazy: a member whose deadline moves on is left where it is, and put back by its visitor when its turn comes.
 */
export interface Member {
  /** Absolute number of the slot; -1 when it is in none. Only the wheel writes these three. */
  slot: number;
  before: this | undefined;
  behind: this | undefined;
}

/** 2,048 slots of 250 ms reach 8.5 minutes ahead; what is due later waits in the last one and is put back from there. */
const slots = 2_048;
const slotMs = 250;

export interface Wheel<T extends Member> {
  /** Visits the member at the first `advance` to `dueMs` or later, at most one slot late. Moves it when it was in already. */
  put(member: T, dueMs: number): void;
  remove(member: T): void;
  /** Takes out and visits all that is due; the visitor may put anything back. */
  advance(toMs: number, visit: (member: T) => void): void;
}

export function createWheel<T extends Member>(startMs: number): Wheel<T> {
  const heads: (T | undefined)[] = new Array(slots).fill(undefined);
  let cursor = Math.floor(startMs / slotMs);

  function remove(member: T): void {
    if (member.slot === -1) return;
    if (member.before === undefined) heads[member.slot % slots] = member.behind;
    else member.before.behind = member.behind;
    if (member.behind !== undefined) member.behind.before = member.before;
    member.slot = -1;
    member.before = undefined;
    member.behind = undefined;
  }

  return {
    remove,
    put(member, dueMs) {
      remove(member);
      const slot = Math.min(Math.max(Math.ceil(dueMs / slotMs), cursor + 1), cursor + slots - 1);
      const head = heads[slot % slots];
      member.slot = slot;
      member.behind = head;
      if (head !== undefined) head.before = member;
      heads[slot % slots] = member;
    },
    advance(toMs, visit) {
      const target = Math.floor(toMs / slotMs);
      while (cursor < target) {
        cursor += 1;
        // One by one from the head: a visit may take out or put back any member, but never into this slot again.
        for (let member = heads[cursor % slots]; member !== undefined; member = heads[cursor % slots]) {
          remove(member);
          visit(member);
        }
      }
    },
  };
}
