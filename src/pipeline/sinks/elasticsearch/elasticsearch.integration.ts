import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startReceiver } from '../../sending/testing/receiver.ts';
import { world } from '../../sending/testing/world.ts';
import { createElasticsearch } from './elasticsearch.ts';
import { elasticsearchSettings } from './settings.ts';

/** Keeps documents by index and id as Elasticsearch does, and answers about each. */
async function start(judge: (source: Record<string, unknown>, attempt: number) => number = () => 201, more: Record<string, unknown> = {}) {
  const receiver = await startReceiver();
  const documents = new Map<string, Record<string, unknown>>();
  let attempt = 0;
  receiver.always(({ body }) => {
    attempt += 1;
    const lines = body.toString().split('\n');
    assert.equal(lines.pop(), '', 'a bulk request ends with a line break');
    const items = [];
    for (let line = 0; line < lines.length; line += 2) {
      const { create } = JSON.parse(lines[line] ?? '');
      const source = JSON.parse(lines[line + 1] ?? '');
      const key = `${create._index}/${create._id}`;
      const status = documents.has(key) ? 409 : judge(source, attempt);
      if (status === 201) documents.set(key, source);
      items.push({ create: { status, ...(status < 300 ? {} : { error: { type: 'x', reason: `because of ${source.message}` } }) } });
    }
    const errors = items.some(({ create }) => create.status >= 300);
    return { status: 200, body: JSON.stringify(errors ? { errors, items } : { errors }) };
  });
  const here = world({ random: () => 0.02 });
  const url = `http://127.0.0.1:${receiver.port}/es/`;
  const settings = elasticsearchSettings.parse({ type: 'elasticsearch', url, batch: { linger: '5ms' }, ...more });
  const sink = await createElasticsearch(settings, here.context);
  return {
    receiver,
    here,
    sink,
    documents,
    async [Symbol.asyncDispose]() {
      await sink.close(0);
      assert.equal(here.context.slabs.out, 0);
      assert.equal(here.settled.length, here.given);
      assert.equal(here.context.counters.pendingBytes, 0);
      await receiver[Symbol.asyncDispose]();
    },
  };
}

test('records are documents with an id, a time and an index', async () => {
  await using at = await start(undefined, { index: 'logs-{label.ns}-{date}', pipeline: 'geo' });
  const times = [Date.UTC(2026, 0, 2, 3, 4, 5, 6)];
  at.sink.push(at.here.lines(['plain'], { labels: { ns: 'a' } }, { times }));
  at.sink.push(
    at.here.lines(['{"@timestamp":"mine","message":"x"}', '{"a":{"@timestamp":1}}', '{ }'], { format: 'json', labels: { ns: 'b' } }),
  );
  await at.here.allSettled();
  assert.equal(at.receiver.got[0]?.path, '/es/_bulk?filter_path=errors%2Citems.*.status%2Citems.*.error&pipeline=geo');
  const entries = [...at.documents];
  assert.deepEqual(entries[0], [
    'logs-a-2026.01.02/agent-1:0123456789abcdef:0',
    { '@timestamp': '2026-01-02T03:04:05.006Z', message: 'plain', labels: { ns: 'a' } },
  ]);
  assert.deepEqual(
    entries.slice(1).map(([, document]) => document['@timestamp']),
    ['mine', '2026-11-23T01:02:03.045Z', '2026-11-23T01:02:03.045Z'],
  );
});

test('what was refused is set aside, what was too much is sent again, what is there already is not doubled', async () => {
  const judge = (source: Record<string, unknown>, attempt: number) => {
    if (source.message === 'poison') return 400;
    return source.message === 'later' && attempt < 3 ? 429 : 201;
  };
  await using at = await start(judge);
  at.sink.push(at.here.lines(['a', 'poison', 'later', 'b']));
  await at.here.allSettled();
  assert.deepEqual(
    [...at.documents.values()].map(({ message }) => message),
    ['a', 'b', 'later'],
  );
  assert.deepEqual(
    at.here.letters.map(({ bytes, reason }) => [JSON.parse(Buffer.from(bytes).toString()).message, reason]),
    [['poison', 'HTTP 400: x: because of poison']],
  );
  assert.deepEqual(at.here.settled, [true]);
  assert.equal(at.receiver.got.length, 3);
  assert.equal(at.here.context.counters.records, 3);
});

test('a request whose answer was lost leaves no duplicate', async () => {
  await using at = await start();
  const keep = at.receiver;
  at.sink.push(at.here.lines(['a', 'b']));
  await at.here.allSettled();
  at.sink.push(at.here.lines(['a', 'b'])); // the same identities: brought again by its origin
  await at.here.allSettled();
  assert.equal(at.documents.size, 2);
  assert.equal(keep.got.length, 2);
  assert.deepEqual(at.here.settled, [true, true]);
  assert.equal(at.here.letters.length, 0);
});
