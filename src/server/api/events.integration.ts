import assert from 'node:assert/strict';
import { type IncomingMessage, request } from 'node:http';
import { test } from 'node:test';
import { type ApiDesk, openApiDesk } from './testing/desk.ts';

interface Listening extends Disposable {
  readonly response: IncomingMessage;
  /** The next blocks of the stream, without those that are only about reconnecting. */
  next(count: number): Promise<readonly string[]>;
  readonly ended: Promise<void>;
}

async function listen(desk: ApiDesk, token: string, path = '/v1/events', lastId?: string): Promise<Listening> {
  const outgoing = request({
    ...{ host: '127.0.0.1', port: desk.port, path, agent: false },
    headers: { authorization: `Bearer ${token}`, ...(lastId === undefined ? {} : { 'last-event-id': lastId }) },
  });
  outgoing.on('error', () => {});
  const response = await new Promise<IncomingMessage>((resolve) => outgoing.on('response', resolve).end());
  assert.equal(response.statusCode, 200);
  const blocks: string[] = [];
  let rest = '';
  let wake = () => {};
  response.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n\n');
    rest = parts.pop() ?? '';
    blocks.push(...parts);
    wake();
  });
  const ended = new Promise<void>((resolve) => response.on('close', resolve).on('error', () => {}));
  return {
    response,
    ended,
    async next(count) {
      while (blocks.length < count) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await promise;
      }
      return blocks.splice(0, count);
    },
    [Symbol.dispose]: () => void outgoing.destroy(),
  };
}

const idOf = (block = '') => /^id: (.+)$/m.exec(block)?.[1] ?? '';

test('changes arrive as they happen, only those that were asked for', async () => {
  await using desk = await openApiDesk();
  using all = await listen(desk, desk.tokens.reader);
  using some = await listen(desk, desk.tokens.reader, '/v1/events?kinds=rollout,agent.liveness');
  assert.equal(all.response.headers['content-type'], 'text/event-stream; charset=utf-8');
  const [hello] = await all.next(1);
  assert.match(hello ?? '', /^retry: 2000\nid: [0-9a-z]+-0$/);
  await some.next(1);
  desk.feed.publish({ kind: 'agent.health', data: { name: 'edge-1' } });
  desk.feed.publish({ kind: 'agent.liveness', data: { name: 'two\nlines' } });
  const [health, liveness] = await all.next(2);
  assert.match(health ?? '', /^id: [0-9a-z]+-1\nevent: agent\.health\ndata: \{"name":"edge-1"\}$/);
  assert.deepEqual(await some.next(1), [liveness]);
  assert.match(liveness ?? '', /data: \{"name":"two\\nlines"\}$/);
});

test('who comes back with the last id misses nothing, even when cut off before the first event', async () => {
  await using desk = await openApiDesk();
  const { reader } = desk.tokens;
  let id = '';
  {
    using first = await listen(desk, reader);
    id = idOf((await first.next(1))[0]);
  }
  for (const name of ['a', 'b', 'c']) desk.feed.publish({ kind: 'agent.labels', data: { name } });
  {
    using second = await listen(desk, reader, '/v1/events', id);
    const [, a, b, c] = await second.next(4);
    assert.deepEqual(
      [a, b, c].map((block) => /"name":"(.)"/.exec(block ?? '')?.[1]),
      ['a', 'b', 'c'],
    );
    id = idOf(b);
  }
  using third = await listen(desk, reader, '/v1/events', id);
  const [, c] = await third.next(2);
  assert.match(c ?? '', /"name":"c"/);
});

test('who was away for too long, or remembers another run of the server or nonsense, is told to read everything again', async () => {
  await using desk = await openApiDesk();
  const { reader } = desk.tokens;
  const reset = async (id: string) => {
    using listening = await listen(desk, reader, '/v1/events', id);
    const [first] = await listening.next(1);
    return /event: reset\ndata: \{\}$/.test(first ?? '');
  };
  const first = await listen(desk, reader);
  const id = idOf((await first.next(1))[0]);
  first[Symbol.dispose]();
  assert.equal(await reset(id), false);
  for (const other of ['otherrun-0', `${id}9`, 'nonsense', `${id}; drop`, '-1', `x${id}`]) assert.equal(await reset(other), true, other);
  for (let index = 0; index < 4_096; index += 1) desk.feed.publish({ kind: 'agent.health', data: {} });
  assert.equal(await reset(id), false);
  desk.feed.publish({ kind: 'agent.health', data: {} });
  assert.equal(await reset(id), true);
});

test('silence is broken every five seconds, and what it says keeps who filters up to date', async () => {
  await using desk = await openApiDesk();
  using listening = await listen(desk, desk.tokens.reader, '/v1/events?kinds=rollout');
  await listening.next(1);
  desk.feed.publish({ kind: 'agent.health', data: {} });
  desk.clock.advance(5_000);
  const [beat] = await listening.next(1);
  assert.match(beat ?? '', /^id: [0-9a-z]+-1$/);
});

test('a stream ends within seconds when its token is taken back, and others go on', async () => {
  await using desk = await openApiDesk();
  const { token, entry } = await desk.apiTokens.create({ name: 'short', role: 'reader', createdBy: 'test' });
  using doomed = await listen(desk, token);
  using other = await listen(desk, desk.tokens.reader);
  await Promise.all([doomed.next(1), other.next(1)]);
  assert.equal(await desk.apiTokens.remove(entry.id), 'removed');
  desk.clock.advance(5_000);
  await doomed.ended;
  desk.feed.publish({ kind: 'agent.health', data: {} });
  const [, event] = await other.next(2);
  assert.match(event ?? '', /agent\.health/);
  assert.equal(desk.feed.listeners, 1);
});

test('more than 200 listeners are told to come later, and room is made by who leaves', async () => {
  await using desk = await openApiDesk({ limits: { burst: 1_000 } });
  const { reader } = desk.tokens;
  const listening = await Promise.all(Array.from({ length: 200 }, () => listen(desk, reader)));
  assert.match(await desk.registry.metrics(), /fairlead_api_event_listeners 200/);
  const late = await desk.ask('GET', '/v1/events', { token: reader });
  assert.deepEqual([late.status, late.json.code, late.headers['retry-after']], [503, 'listeners', '30']);
  listening[0]?.[Symbol.dispose]();
  while (desk.feed.listeners === 200) await new Promise((resolve) => setImmediate(resolve));
  using again = await listen(desk, reader);
  await again.next(1);
  for (const one of listening) one[Symbol.dispose]();
});

test('a listener that does not read is let go before it costs much, and nobody else notices', async () => {
  await using desk = await openApiDesk();
  using stuck = await listen(desk, desk.tokens.reader);
  using other = await listen(desk, desk.tokens.reader);
  await other.next(1);
  stuck.response.pause();
  const text = 'x'.repeat(100_000);
  for (let count = 0; desk.feed.listeners === 2; count += 1) {
    assert.ok(count < 1_000, 'it is never let go');
    desk.feed.publish({ kind: 'agent.health', data: { text } });
    await other.next(1);
  }
  assert.equal(desk.feed.listeners, 1);
});
