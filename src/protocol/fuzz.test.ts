import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toBinary } from '@bufbuild/protobuf';
import { AgentToServerSchema } from './opamp.ts';
import { readFixtures } from './testing/fixtures.ts';
import { type Decoded, decodeAgentToServer, decodeServerToAgent, type WireCode } from './wire.ts';

const rounds = 20_000;
const seed = Number(process.env.FAIRLEAD_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** mulberry32: small, and the same everywhere. */
function randomNumbers(from: number): (below: number) => number {
  let state = from;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Flips, cuts, repeats and splices: one to four times. */
function mutate(bytes: Uint8Array, other: Uint8Array, random: (below: number) => number): Uint8Array {
  let result = bytes.slice();
  for (let times = 1 + random(4); times > 0; times--) {
    const at = random(result.length + 1);
    const kind = random(5);
    if (kind === 0 && at < result.length) result[at] = random(256);
    else if (kind === 1 && at < result.length) result[at] = (result[at] ?? 0) ^ (1 << random(8));
    else if (kind === 2) result = result.slice(0, at);
    else if (kind === 3) result = Uint8Array.of(...result.subarray(0, at), ...result.subarray(random(at + 1)));
    else result = Uint8Array.of(...result.subarray(0, at), ...other.subarray(random(other.length)));
  }
  return result;
}

test(`${rounds} mutated messages are messages or clear failures, and never more (FAIRLEAD_SEED=${seed})`, () => {
  const random = randomNumbers(seed);
  const bodies = [...readFixtures('agent-to-server'), ...readFixtures('server-to-agent')].map(({ body }) => Uint8Array.of(0, ...body));
  const seen = new Map<WireCode | 'ok', number>();
  for (let round = 0; round < rounds; round++) {
    const pick = () => bodies[random(bodies.length)] ?? new Uint8Array();
    const bytes = mutate(pick(), pick(), random);
    const at = `round ${round}: ${Buffer.from(bytes).toString('hex')}`;
    const asAgent = decodeAgentToServer(bytes, 'websocket');
    if (asAgent.ok) assert.deepEqual(decodeAgentToServer(toBinary(AgentToServerSchema, asAgent.message), 'http'), asAgent, at);
    for (const decoded of [asAgent, decodeServerToAgent(bytes, 'websocket')] satisfies readonly Decoded<unknown>[]) {
      const outcome = decoded.ok ? 'ok' : decoded.code;
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
      if (decoded.ok) continue;
      assert.match(decoded.sentence, /^[A-Za-z].{10,200}$/s, at);
    }
  }
  for (const outcome of ['ok', 'truncated', 'malformed', 'bad-header', 'bad-uid'] as const)
    assert.ok((seen.get(outcome) ?? 0) > 20, `only ${seen.get(outcome) ?? 0} times ${outcome}`);
});
