import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../core/manual-clock.ts';
import { createTracer } from './traces.ts';

const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

test('a span is sent as OTLP JSON, below the span of whoever called', async () => {
  const clock = manualClock(Date.UTC(2026, 0, 1));
  const sent: { readonly url: string; readonly body: string }[] = [];
  const tracer = createTracer({
    endpoint: 'http://192.0.2.1:4318/',
    resource: { 'service.name': 'fairlead-server' },
    clock,
    fetch: async (url, init) => {
      sent.push({ url: String(url), body: String(init?.body) });
      return new Response('{}');
    },
  });
  const span = tracer.start('enrol', { uid: 'u', attempts: 2, ratio: 0.5, fresh: true, absent: undefined }, parent);
  clock.advance(1_500);
  span.fail('refused');
  span.end();
  span.end();
  assert.match(span.traceparent, /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
  await tracer[Symbol.asyncDispose]();
  assert.equal(sent.length, 1);
  assert.equal(sent[0]?.url, 'http://192.0.2.1:4318/v1/traces');
  const [resource] = JSON.parse(sent[0]?.body ?? '').resourceSpans;
  assert.deepEqual(resource.resource.attributes, [{ key: 'service.name', value: { stringValue: 'fairlead-server' } }]);
  assert.equal(resource.scopeSpans[0].spans.length, 1);
  const { spanId, ...rest } = resource.scopeSpans[0].spans[0];
  assert.equal(spanId.length, 16);
  assert.deepEqual(rest, {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    parentSpanId: 'b7ad6b7169203331',
    name: 'enrol',
    kind: 2,
    startTimeUnixNano: '1767225600000000000',
    endTimeUnixNano: '1767225601500000000',
    attributes: [
      { key: 'uid', value: { stringValue: 'u' } },
      { key: 'attempts', value: { intValue: '2' } },
      { key: 'ratio', value: { doubleValue: 0.5 } },
      { key: 'fresh', value: { boolValue: true } },
    ],
    status: { code: 2, message: 'refused' },
  });
});

test('a collector that is away costs spans, which are counted, and nothing else', async () => {
  const clock = manualClock();
  const lost: string[] = [];
  const tracer = createTracer({
    endpoint: 'http://192.0.2.1:4318',
    resource: {},
    clock,
    fetch: () => Promise.reject(new Error('connect ECONNREFUSED')),
    onLost: (count, reason) => lost.push(`${count} ${reason}`),
  });
  for (let count = 0; count < 2_050; count++) tracer.start('x', {}, 'nonsense').end();
  clock.advance(5_000);
  await tracer[Symbol.asyncDispose]();
  assert.deepEqual(lost, ['1 too many spans wait', '1 too many spans wait', '2048 connect ECONNREFUSED']);
});
