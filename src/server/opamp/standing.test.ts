import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  askAgainMs,
  configStep,
  conflictCrossings,
  fresh,
  hear,
  inConflict,
  offerAgainMs,
  type Standing,
  settingsAgainMs,
  settingsDue,
} from './standing.ts';

const heartbeat = (sequence: number) => ({ sequence: BigInt(sequence), description: false, configStatus: false });
const full = (sequence: number) => ({ sequence: BigInt(sequence), description: true, configStatus: true });

function after(...messages: readonly (readonly [ReturnType<typeof heartbeat>, number])[]): Standing {
  return messages.reduce((standing, [message, atMs]) => hear(standing, message, atMs).standing, fresh);
}

test('an agent that begins with its full state is not asked for it', () => {
  const heard = hear(fresh, full(1), 0);
  assert.equal(heard.askFullState, false);
  assert.equal(heard.full, true);
  assert.equal(heard.standing.complete, true);
});

test('an agent that this server has never heard is asked for its full state, whatever it counts', () => {
  for (const sequence of [0, 1, 2, 57]) assert.equal(hear(fresh, heartbeat(sequence), 0).askFullState, true, String(sequence));
});

test('a description in the middle of a series that we do not know is not taken for the full state', () => {
  const heard = hear(fresh, full(9), 0);
  assert.equal(heard.full, false);
  assert.equal(heard.askFullState, true);
});

test('a gap asks for the full state, the next number does not', () => {
  const known = after([full(1), 0], [heartbeat(2), 1]);
  assert.equal(hear(known, heartbeat(3), 2).askFullState, false);
  const gap = hear(known, heartbeat(4), 2);
  assert.equal(gap.askFullState, true);
  assert.equal(gap.standing.complete, false);
});

test('the same number twice and a number that goes back are gaps as well', () => {
  const known = after([full(1), 0], [heartbeat(2), 1]);
  for (const sequence of [2, 1, 0]) assert.equal(hear(known, heartbeat(sequence), 2).askFullState, true, String(sequence));
});

test('the full state that was asked for ends the asking', () => {
  const asked = after([heartbeat(7), 0]);
  const answered = hear(asked, full(8), 10);
  assert.equal(answered.full, true);
  assert.equal(answered.askFullState, false);
  assert.equal(hear(answered.standing, heartbeat(9), 20).askFullState, false);
});

test('an agent that does not answer with its state is asked again, not at every message', () => {
  const asked = after([heartbeat(7), 0]);
  const soon = hear(asked, heartbeat(8), 100);
  assert.equal(soon.askFullState, false);
  assert.equal(hear(soon.standing, heartbeat(9), askAgainMs).askFullState, true);
});

test('a configuration is offered while the hashes differ, whatever the status is', () => {
  const known = after([full(1), 0]);
  const agent = { accepts: true, reports: true, hash: 'aa' };
  assert.equal(configStep(known, agent, 'bb', 1, 0), 'offer');
  assert.equal(configStep(known, agent, 'aa', 1, 0), 'nothing');
  assert.equal(configStep(known, agent, undefined, 1, 0), 'nothing');
});

test('an agent that does not accept configurations never gets one', () => {
  assert.equal(configStep(after([full(1), 0]), { accepts: false, reports: true, hash: '' }, 'bb', 1, 0), 'nothing');
});

test('before its hash is known an agent is asked, and not even that when the stored hash is the right one', () => {
  const asked = after([heartbeat(7), 0]);
  assert.equal(configStep(asked, { accepts: true, reports: true, hash: 'aa' }, 'bb', 1, 0), 'ask-first');
  assert.equal(configStep(asked, { accepts: true, reports: true, hash: 'bb' }, 'bb', 1, 0), 'nothing');
});

test('after a gap the hash counts as unknown until it is said again', () => {
  const gap = after([full(1), 0], [heartbeat(5), 1]);
  assert.equal(gap.configKnown, false);
  assert.equal(hear(gap, { ...heartbeat(6), configStatus: true }, 2).standing.configKnown, true);
});

test('an offer is not repeated on the connection that carried it, but at once on a new one', () => {
  const offered: Standing = { ...after([full(1), 0]), offered: { hash: 'bb', atMs: 1_000, connection: 4 } };
  const agent = { accepts: true, reports: true, hash: 'aa' };
  assert.equal(configStep(offered, agent, 'bb', 4, 2_000), 'nothing');
  assert.equal(configStep(offered, agent, 'bb', 5, 2_000), 'offer');
  assert.equal(configStep(offered, agent, 'cc', 4, 2_000), 'offer');
  assert.equal(configStep(offered, agent, 'bb', 4, 1_000 + offerAgainMs), 'offer');
});

test('two series that alternate are a conflict, a client that starts over is not', () => {
  let standing = after([full(1), 0]);
  for (let round = 0; round < conflictCrossings; round++) {
    standing = hear(standing, heartbeat(100 + round), round).standing;
    standing = hear(standing, heartbeat(2 + round), round).standing;
  }
  assert.equal(inConflict(standing, 10, 60_000), true);
  assert.equal(inConflict(standing, 70_000, 60_000), false);
  const restarted = after([full(1), 0], [heartbeat(2), 1], [full(1), 2], [heartbeat(2), 3], [heartbeat(3), 4]);
  assert.equal(restarted.crossings, 0);
});

test('another heartbeat interval is offered once, and a failed offer only after an hour', () => {
  const known = after([full(1), 0]);
  const agent = { accepts: true, told: 30_000 };
  assert.equal(settingsDue(known, agent, 30_000, 0), false);
  assert.equal(settingsDue(known, agent, 10_000, 0), true);
  assert.equal(settingsDue(known, { ...agent, accepts: false }, 10_000, 0), false);
  const offered: Standing = { ...known, settingsOffered: { hash: 'x', atMs: 0, connection: 1, heartbeatIntervalMs: 10_000 } };
  assert.equal(settingsDue(offered, agent, 10_000, 1_000), false);
  assert.equal(settingsDue(offered, agent, 20_000, 1_000), true);
  assert.equal(settingsDue(offered, agent, 10_000, settingsAgainMs), true);
});
