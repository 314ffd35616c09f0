import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Stream } from '../../stream.ts';
import { bulkOutcome } from './answer.ts';
import { checkIndex, indexNames, withDay } from './index-name.ts';

const stream = (labels: Record<string, string>): Stream => ({ source: 'App', generation: '1', labels, tags: [], format: 'text' });

test('a name takes labels and the day, and what is not allowed in it becomes _', () => {
  const name = indexNames('logs-{label.ns}-{source}-{date}', 10)(stream({ ns: 'Team A/../*' }));
  assert.equal(withDay(name, Date.UTC(2026, 10, 23, 23, 59)), 'logs-team_a_..__-app-2026.11.23');
});

test('the number of names is bounded', () => {
  const indexOf = indexNames('l-{label.ns}', 2);
  assert.deepEqual(
    ['a', 'b', 'c', 'a', ''].map((ns) => indexOf(stream({ ns }))),
    ['l-a', 'l-b', 'l-other', 'l-a', 'l-other'],
  );
});

test('a template that cannot be a name is refused', () => {
  for (const [template, what] of [
    ['Logs', /capital/],
    ['a b', /spaces/],
    ['_x', /begin/],
    ['{host}', /not known/],
    ['a{date', /not closed/],
  ] as const)
    assert.match(checkIndex(template) ?? '', what);
  assert.equal(checkIndex('logs-{label.k8s.io/x}-{date}'), undefined);
});

const answer = (body: unknown, status = 200) => ({
  status,
  headers: {},
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
});
const item = (status: number, error?: unknown) => ({ create: { status, ...(error === undefined ? {} : { error }) } });

test('every record has its own answer: there, already there, later, never', () => {
  const error = { type: 'document_parsing_exception', reason: 'failed to parse', caused_by: { reason: 'not a date' } };
  const outcome = bulkOutcome(
    answer({ errors: true, items: [item(201), item(409, error), item(429, error), item(400, error), item(503)] }),
    5,
    0,
  );
  const reason = 'document_parsing_exception: failed to parse (not a date)';
  assert.deepEqual(outcome, { kind: 'partly', refused: [{ record: 3, reason: `HTTP 400: ${reason}` }], again: [2, 4], reason: 'HTTP 503' });
});

test('an answer about all records alike is one about the request', () => {
  const kindOf = (body: unknown, count: number, status = 200) => bulkOutcome(answer(body, status), count, 0).kind;
  assert.equal(kindOf({ errors: false }, 3), 'delivered');
  assert.equal(kindOf({ took: 3, errors: false, items: [] }, 3), 'delivered');
  assert.equal(kindOf({ errors: true, items: [item(429), item(503)] }, 2), 'busy');
  assert.equal(kindOf({ errors: true, items: [item(409), item(201)] }, 2), 'delivered');
  assert.equal(kindOf({ errors: true, items: [item(403), item(403)] }, 2), 'denied');
  assert.equal(kindOf('{"error":"too large"}', 2, 413), 'refused');
  assert.equal(kindOf('{"error":"es_rejected_execution_exception"}', 2, 429), 'busy');
});

test('an answer that is not one is no acknowledgement', () => {
  for (const body of ['', 'ok', '[]', '{"items":[]}', '{"errors":true,"items":[{"create":{"status":201}}]}', '{"x":{"errors":false}}'])
    assert.equal(bulkOutcome(answer(body), 2, 0).kind, 'busy', body);
});
