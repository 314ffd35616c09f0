import assert from 'node:assert/strict';
import test from 'node:test';
import { create } from '@bufbuild/protobuf';
import { Registry } from 'prom-client';
import { manualClock } from '../../core/manual-clock.ts';
import { silentLog } from '../../observe/log.ts';
import type { AgentToServer } from '../../protocol/opamp.ts';
import { ServerToAgentSchema } from '../../protocol/opamp.ts';
import type { Reply } from '../testing/opamp-server.ts';
import { createExchange } from './exchange.ts';
import { connectionMetrics } from './metrics.ts';
import { createOutbox } from './outbox.ts';
import type { Ended, Transport, TransportListener } from './transport.ts';

const uid = new Uint8Array(16).fill(7);

function line(url = 'wss://a.example.org/') {
  const sent: AgentToServer[] = [];
  let listener: TransportListener | undefined;
  const state = { ready: true, probes: 0, destroyed: false, closed: false };
  const transport: Transport = {
    ...{ kind: 'websocket', url, localAddress: '', strictlyAnswers: false },
    listen(heard) {
      listener = heard;
    },
    ready: () => state.ready,
    send(message) {
      sent.push(message);
      return { ok: true, bytes: 1 };
    },
    probe() {
      state.probes += 1;
    },
    async close() {
      state.closed = true;
    },
    destroy() {
      state.destroyed = true;
    },
  };
  const answer = (reply: Reply = {}) => listener?.message(create(ServerToAgentSchema, { instanceUid: uid, ...reply }), 1);
  const end = (sentence: string) => listener?.ended({ kind: 'lost', sentence });
  return { transport, sent, state, answer, end, alive: () => listener?.alive(), drained: () => listener?.drained() };
}

function setUp() {
  const clock = manualClock();
  const outbox = createOutbox({ capabilities: 1, customCapabilities: [], startedAtMs: 0 });
  const heard: string[] = [];
  const exchange = createExchange({
    ...{ outbox, clock, log: silentLog, metrics: connectionMetrics(new Registry()), replyTimeoutMs: 30_000, uid: () => uid },
    heard: {
      remoteConfig: () => void heard.push('remote-config'),
      offer: () => void heard.push('offer'),
      newUid: () => void heard.push('new-uid'),
      csrRefused: (sentence) => void heard.push(sentence),
    },
  });
  const report = (status: string) => {
    outbox.health({ healthy: true, status, lastError: '', sinceMs: 0, components: {} });
    exchange.wake();
  };
  return { clock, exchange, heard, report };
}

async function endOf(running: Promise<Ended>): Promise<string | undefined> {
  const ended = await Promise.race([running, new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)))]);
  return ended !== undefined && 'sentence' in ended ? ended.sentence : ended?.kind;
}

test('a heartbeat comes one interval after whatever was said last', () => {
  const { clock, exchange, report } = setUp();
  const a = line();
  void exchange.run(a.transport, 'a');
  a.answer();
  clock.advance(29_999);
  assert.equal(a.sent.length, 1);
  clock.advance(1);
  assert.equal(a.sent.length, 2);
  a.answer();
  clock.advance(20_000);
  report('changed');
  clock.advance(29_000);
  assert.equal(a.sent.length, 3, 'the change put the heartbeat off');
  clock.advance(1_010);
  assert.equal(a.sent.length, 4);
});

test('changes of one moment travel together', () => {
  const { clock, exchange, report } = setUp();
  const a = line();
  void exchange.run(a.transport, 'a');
  a.answer();
  for (let index = 0; index < 100; index++) report(`status ${index}`);
  clock.advance(10);
  assert.equal(a.sent.length, 2);
  assert.equal(a.sent[1]?.health?.status, 'status 99');
});

test('what changes while nothing can be sent is sent once it can, as it is then', () => {
  const { clock, exchange, report } = setUp();
  const a = line();
  void exchange.run(a.transport, 'a');
  a.answer();
  a.state.ready = false;
  report('first');
  clock.advance(10);
  report('second');
  clock.advance(10);
  assert.equal(a.sent.length, 1);
  a.state.ready = true;
  a.drained();
  assert.equal(a.sent.length, 2);
  assert.equal(a.sent[1]?.health?.status, 'second');
});

test('goodbye waits for a message that is under way, says nothing else meanwhile, and gives up in time', async () => {
  const { clock, exchange, report } = setUp();
  const a = line();
  void exchange.run(a.transport, 'a');
  a.state.ready = false;
  const left = exchange.goodbye(2_000);
  report('too late');
  clock.advance(10);
  assert.equal(a.sent.length, 1);
  a.state.ready = true;
  a.drained();
  await left;
  assert.equal(a.sent.length, 2);
  assert.notEqual(a.sent[1]?.agentDisconnect, undefined);

  const b = line();
  void exchange.run(b.transport, 'b');
  b.state.ready = false;
  const never = exchange.goodbye(2_000);
  clock.advance(2_000);
  await never;
  assert.equal(b.sent.length, 1);
  assert.ok(b.state.closed);
});

test('a message that stays unanswered ends the connection', async () => {
  const { clock, exchange } = setUp();
  const a = line();
  const running = exchange.run(a.transport, 'a');
  clock.advance(29_999);
  assert.equal(await endOf(running), undefined);
  clock.advance(1);
  assert.match((await endOf(running)) ?? '', /did not answer within 30000 ms/);
  assert.equal(a.state.destroyed, true);
  const { length } = a.sent;
  clock.advance(600_000);
  assert.equal(a.sent.length, length, 'and nothing is sent after it');
});

test('without heartbeats a ping every 30 s keeps the connection, and an unanswered one ends it', async () => {
  const { clock, exchange } = setUp();
  exchange.heartbeatEvery(0);
  const a = line();
  const running = exchange.run(a.transport, 'a');
  a.answer();
  for (let round = 1; round <= 10; round++) {
    clock.advance(30_000);
    assert.equal(a.state.probes, round);
    a.alive();
  }
  assert.equal(a.sent.length, 1);
  clock.advance(60_000);
  assert.match((await endOf(running)) ?? '', /did not answer/);
});

test('a step of the wall clock moves nothing', () => {
  const { clock, exchange } = setUp();
  const a = line();
  void exchange.run(a.transport, 'a');
  a.answer();
  clock.step(86_400_000);
  clock.advance(29_999);
  assert.equal(a.sent.length, 1);
  clock.step(-2 * 86_400_000);
  clock.advance(1);
  assert.equal(a.sent.length, 2);
});

test('the server closes the old connection before it answers on the new one: the move goes on', async () => {
  const { exchange } = setUp();
  const [a, b] = [line(), line('wss://b.example.org/')];
  const running = exchange.run(a.transport, 'a');
  a.answer();
  const moving = exchange.move(b.transport);
  a.end('replaced');
  assert.equal(await endOf(running), undefined);
  b.answer();
  assert.deepEqual(await moving, { ok: true });
  assert.equal(await endOf(running), undefined, 'the conversation has not ended');
  b.end('gone');
  assert.equal(await endOf(running), 'gone');
});

test('the old connection ends while the new one fails: then it has ended', async () => {
  const { exchange } = setUp();
  const [a, b] = [line(), line('wss://b.example.org/')];
  const running = exchange.run(a.transport, 'a');
  a.answer();
  const moving = exchange.move(b.transport);
  a.end('replaced');
  b.end('refused');
  assert.deepEqual(await moving, { ok: false, ended: { kind: 'lost', sentence: 'refused' } });
  assert.equal(await endOf(running), 'replaced');
});

test('a new connection that does not answer leaves the old one as it was, and everything is said there again', async () => {
  const { clock, exchange, report } = setUp();
  const [a, b] = [line(), line('wss://b.example.org/')];
  report('well');
  const running = exchange.run(a.transport, 'a');
  a.answer();
  const moving = exchange.move(b.transport);
  clock.advance(10_000);
  assert.equal(a.sent.length, 1, 'nothing is said meanwhile');
  clock.advance(20_000);
  assert.equal((await moving).ok, false);
  assert.equal(b.state.destroyed, true);
  assert.equal(await endOf(running), undefined);
  assert.equal(a.sent.at(-1)?.health?.status, 'well');
  assert.equal(a.sent.at(-1)?.sequenceNum, 3n, 'the second message was said to nobody who listened');
});

test('the refusal of a certificate request is told, and that of something else is not', () => {
  const { exchange, heard } = setUp();
  const a = line();
  void exchange.run(a.transport, 'a');
  a.answer({ errorResponse: { type: 1, errorMessage: 'bad state' } });
  assert.deepEqual(heard, []);
  exchange.requestCertificate('CSR');
  assert.equal(Buffer.from(a.sent.at(-1)?.connectionSettingsRequest?.opamp?.certificateRequest?.csr ?? []).toString(), 'CSR');
  a.answer({ errorResponse: { type: 1, errorMessage: 'weak key' } });
  assert.deepEqual(heard, ['weak key']);
});
