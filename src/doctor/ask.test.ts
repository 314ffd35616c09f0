import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FairleadError } from '../core/errors.ts';
import { SourceText } from '../core/text.ts';
import type { Files } from '../readers/files.ts';
import { readAll } from '../readers/index.ts';
import { parseAsk, parseTarget } from './ask.ts';

const compose = `name: shop
services:
  agent: { image: my-agent }
  db: { image: "postgres:16", ports: ["15432:5432"] }
  statsd: { image: x, expose: ["8125/udp"] }
`;
const files: Files = { read: (path) => ({ ok: true, source: new SourceText(path, compose) }), exists: () => true };
const model = readAll(files, { inputs: [{ kind: 'compose', paths: ['compose.yaml'] }] });

const asked = (from: string, to: string): string =>
  parseAsk(model, from, to)
    .map(
      ({ question: { host, port, transport, intended } }) => `${host} ${port}/${transport}${intended === undefined ? '' : ` ${intended}`}`,
    )
    .join(', ');

test('destinations are read as people write them', () => {
  const cases = [
    ['db:5432', 'db 5432 tcp'],
    ['statsd:8125/udp', 'statsd 8125 udp'],
    ['udp://statsd:8125', 'statsd 8125 udp'],
    ['http://prometheus:9090/api/v1/write', 'prometheus 9090 tcp'],
    ['https://example.org', 'example.org 443 tcp'],
    ['postgres://user:secret@db/app', 'db 5432 tcp'],
    ['[::1]:80', '::1 80 tcp'],
    ['2001:db8::1', '2001:db8::1 undefined tcp'],
    ['192.0.2.1:80', '192.0.2.1 80 tcp'],
    ['db', 'db undefined tcp'],
  ] as const;
  for (const [text, expected] of cases) {
    const { host, port, transport } = parseTarget(text);
    assert.equal(`${host} ${port} ${transport}`, expected, text);
  }
});

test('a container dials the name as written, others dial what they can', () => {
  assert.equal(asked('agent', 'db:5432'), 'db 5432/tcp shop/db');
  assert.equal(asked('shop/agent', 'db'), 'db 5432/tcp shop/db');
  assert.equal(asked('remote', 'db:15432'), '@host 15432/tcp shop/db');
  assert.equal(asked('remote', 'db:5432'), '@host 15432/tcp shop/db');
  assert.equal(asked('agent', 'host:9090'), '@host 9090/tcp');
  assert.equal(asked('agent', 'example.org:443'), 'example.org 443/tcp');
  assert.equal(asked('agent', 'localhost:80'), 'localhost 80/tcp');
});

test('what nothing in the input is called is refused with what was probably meant', () => {
  const refused = (from: string, to: string): FairleadError => {
    try {
      parseAsk(model, from, to);
    } catch (error) {
      if (error instanceof FairleadError) return error;
    }
    return assert.fail(`${from} ${to} was not refused`);
  };
  assert.match(refused('agnet', 'db:1').hint, /"agent"/);
  assert.match(refused('agent', 'statd:8125').hint, /"statsd"/);
  assert.match(refused('agent', 'agent').hint, /write agent:PORT/);
  assert.equal(refused('agent', 'db:0').code, 'FAIRLEAD_USAGE');
});
