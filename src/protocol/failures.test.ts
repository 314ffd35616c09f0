import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeCodeOf, httpStatusOf, isOpampContentType } from './failures.ts';

test('each failure has its HTTP status', () => {
  const statuses = {
    'too-large': 413,
    malformed: 400,
    truncated: 400,
    'bad-uid': 400,
    'broken-compression': 400,
    'content-encoding': 415,
    'content-type': 415,
  } as const;
  for (const [code, status] of Object.entries(statuses)) assert.equal(httpStatusOf(code as keyof typeof statuses), status, code);
});

test('each failure has its WebSocket close code', () => {
  const codes = {
    'too-large': 1009,
    'bad-header': 1002,
    malformed: 1007,
    truncated: 1007,
    'too-deep': 1008,
    'too-many-fields': 1008,
    'bad-uid': 1008,
  } as const;
  for (const [code, close] of Object.entries(codes)) assert.equal(closeCodeOf(code as keyof typeof codes), close, code);
});

test('the content type is recognised with parameters and in any case, and nothing else is', () => {
  for (const header of ['application/x-protobuf', 'application/x-protobuf; charset=binary', 'Application/X-Protobuf '])
    assert.ok(isOpampContentType(header), header);
  for (const header of [undefined, '', 'application/json', 'application/x-protobufs', 'text/plain; application/x-protobuf'])
    assert.ok(!isOpampContentType(header), header);
});
