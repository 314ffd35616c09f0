import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Link } from '../../network/model.ts';
import { rewritten } from './redial.ts';

function link(raw: string, host: string, port: number): Link {
  return {
    id: 'agent#1',
    workloadId: 'agent',
    evaluator: 'container',
    raw,
    host,
    port,
    transport: 'tcp',
    application: 'http',
    plane: 'data',
    purpose: 'dials',
    setting: 'AGENT_ENDPOINT',
    origin: { kind: 'default', text: 'a test' },
    generic: false,
  };
}

const cases: readonly (readonly [
  raw: string,
  host: string,
  port: number,
  toHost: string | undefined,
  toPort: number | undefined,
  expected: string,
])[] = [
  ['http://localhost:9090/api', 'localhost', 9090, 'prometheus', undefined, 'http://prometheus:9090/api'],
  ['http://localhost/api', 'localhost', 80, 'web', undefined, 'http://web/api'],
  ['http://localhost/api', 'localhost', 80, 'web', 8080, 'http://web:8080/api'],
  ['localhost:9090', 'localhost', 9090, undefined, 8080, 'localhost:8080'],
  ['localhost', 'localhost', 6379, 'redis', undefined, 'redis'],
  ['redis://redis:pw@redis:6380/0', 'redis', 6380, 'cache', 6379, 'redis://redis:pw@cache:6379/0'],
  ['jdbc:postgresql://localhost:5432/app', 'localhost', 5432, 'db', undefined, 'jdbc:postgresql://db:5432/app'],
  ['http://[::1]:9090', '::1', 9090, 'prometheus', undefined, 'http://prometheus:9090'],
];

for (const [raw, host, port, toHost, toPort, expected] of cases)
  test(`${raw} becomes ${expected}`, () => assert.equal(rewritten(link(raw, host, port), toHost, toPort), expected));
