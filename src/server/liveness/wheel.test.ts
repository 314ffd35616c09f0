import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWheel, type Member } from './wheel.ts';

interface Due extends Member {
  readonly name: number;
  dueMs: number;
}

test('members are visited once, when they are due, and at most one slot late', () => {
  const wheel = createWheel<Due>(0);
  const visited: [number, number][] = [];
  for (const [name, dueMs] of [5_000, 1, 250, 251, 0].entries()) wheel.put(member(name, dueMs), dueMs);
  for (let now = 0; now <= 6_000; now += 250) wheel.advance(now, ({ name }) => visited.push([name, now]));
  assert.deepEqual(
    visited.sort(([a], [b]) => a - b),
    [
      [0, 5_000],
      [1, 250],
      [2, 250],
      [3, 500],
      [4, 250],
    ],
  );
});

test('what is due beyond the horizon is shown to its visitor before, who puts it back', () => {
  const wheel = createWheel<Due>(0);
  const far = member(1, 86_400_000);
  wheel.put(far, far.dueMs);
  let visits = 0;
  let at: number | undefined;
  for (let now = 0; at === undefined && now < 90_000_000; now += 1_000)
    wheel.advance(now, (one) => {
      visits += 1;
      if (one.dueMs <= now) at = now;
      else wheel.put(one, one.dueMs);
    });
  assert.equal(at, 86_400_000);
  assert.ok(visits < 200, `${visits} visits in a day`);
});

test('random puts, moves, removals and steps agree with a list that is searched', () => {
  const wheel = createWheel<Due>(10_000);
  const members = Array.from({ length: 60 }, (_, name) => member(name, 0));
  const expected = new Map<Due, number>();
  let now = 10_000;
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  for (let step = 0; step < 20_000; step += 1) {
    const one = members[random(members.length)];
    assert.ok(one);
    if (random(4) === 0) {
      wheel.remove(one);
      expected.delete(one);
    } else {
      one.dueMs = now + random(random(10) === 0 ? 900_000 : 20_000);
      wheel.put(one, one.dueMs);
      expected.set(one, one.dueMs);
    }
    now += random(700);
    wheel.advance(now, (due) => {
      const dueMs = expected.get(due);
      assert.ok(dueMs !== undefined, 'a member that is in');
      if (dueMs > now) return wheel.put(due, dueMs); // the horizon
      expected.delete(due);
    });
    for (const dueMs of expected.values()) assert.ok(dueMs > now - 500, `due at ${dueMs}, it is ${now}`);
  }
});

const member = (name: number, dueMs: number): Due => ({ name, dueMs, slot: -1, before: undefined, behind: undefined });
