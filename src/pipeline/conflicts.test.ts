import assert from 'node:assert/strict';
import test from 'node:test';
import { pipelineSettings } from './settings.ts';

const problems = (written: object) =>
  pipelineSettings.safeParse(written).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
const app = { type: 'file', path: '/srv/logs/*.log' };
const away = { type: 'http', url: 'http://logs.example.org/' };

const cases: readonly (readonly [what: string, written: object, expected: RegExp | undefined])[] = [
  [
    'a source that reads what it writes',
    { sources: { app }, sinks: { out: { type: 'file', path: '/srv/logs/out.log' } } },
    /^sources\.app\.path: .*\/srv\/logs\/out\.log.*round for ever/,
  ],
  [
    'the same by a place in the path',
    { sources: { app }, sinks: { out: { type: 'file', path: '/srv/logs/{label.host}.log' } } },
    /round for ever/,
  ],
  [
    'a file that is excluded',
    { sources: { app: { ...app, exclude: ['/srv/logs/out*'] } }, sinks: { out: { type: 'file', path: '/srv/logs/out.log' } } },
    undefined,
  ],
  [
    'a file that another source writes',
    {
      sources: { app, other: { type: 'file', path: '/var/log/x.log' } },
      sinks: { out: { type: 'file', path: '/srv/logs/out.log' }, away },
      routes: [
        { from: 'other', to: 'out' },
        { from: 'app', to: 'away' },
      ],
    },
    undefined,
  ],
  [
    'two sinks on one file',
    { sources: { app }, sinks: { a: { type: 'file', path: '/srv/out' }, b: { type: 'file', path: '/srv/./out' } } },
    /^sinks\.b\.path: the sink "a" writes to this file/,
  ],
  [
    'two sources on one port',
    { sources: { a: { type: 'http', listen: '127.0.0.1:8088' }, b: { type: 'syslog', tcp: '127.0.0.1:8088' } }, sinks: { away } },
    /^sources\.b\.tcp: sources\.a\.listen listens on 127\.0\.0\.1:8088 already/,
  ],
  ['UDP and TCP on one port', { sources: { a: { type: 'syslog', udp: ':5514', tcp: ':5514' } }, sinks: { away } }, undefined],
  [
    'logs for a sink of metrics',
    { sources: { app }, sinks: { away, prom: { type: 'prometheus-remote-write', url: 'http://prometheus.example.org/api/v1/write' } } },
    /^sinks\.prom: it takes metrics only/,
  ],
  [
    'metrics and logs for both',
    {
      sources: { app, host: { type: 'host-metrics' } },
      sinks: { away, prom: { type: 'prometheus-remote-write', url: 'http://prometheus.example.org/api/v1/write' } },
    },
    undefined,
  ],
];

for (const [what, written, expected] of cases)
  test(`${what} is ${expected === undefined ? 'allowed' : 'a conflict'}`, () => {
    const found = problems(written);
    if (expected === undefined) assert.deepEqual(found, []);
    else assert.match(found.join('\n'), expected);
    assert.ok(found.length <= 1);
  });
