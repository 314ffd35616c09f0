import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mask, parseEndpoints } from './endpoint.ts';
import { UNKNOWN } from './value.ts';

const parsed: readonly (readonly [text: string, ...hosts: string[]])[] = [
  ['http://localhost:9090/api', 'localhost:9090'],
  ['https://example.org', 'example.org:-'],
  ['a:9092,b:9093', 'a:9092', 'b:9093'],
  ['http://a:1,http://b:2/x', 'a:1', 'b:2'],
  ['mongodb://u:p@a:1,b:2/db', 'a:1', 'b:2'],
  ['postgres://user:p/w@rd@db:5432/app', 'db:5432'],
  ['postgres://user:p%40ss@db/app', 'db:-'],
  ['jdbc:postgresql://db:5432/app?user=x', 'db:5432'],
  ['jdbc:sqlserver://db:1433;databaseName=x', 'db:1433'],
  ['jdbc:oracle:thin:@db:1521:xe', 'db:1521'],
  ['app:pw@tcp(mysql:3306)/app', 'mysql:3306'],
  ['host=db port=5433 user=x', 'db:5433'],
  ['http://[::1]:4317', '::1:4317'],
  ['[2001:db8::1]:80', '2001:db8::1:80'],
  ['redis:6379/0', 'redis:6379'],
  [`http://${UNKNOWN}:80`, '?:80'],
  [`http://web:${UNKNOWN}/x`, 'web:unknown'],
  // None of these is an endpoint.
  ['/var/run/docker.sock'],
  ['unix-socket'],
  ['5432'],
  ['12:30'],
  ['key: value'],
  ['C:\\data'],
  ['not a url'],
  ['web:99999'],
  ['web:0'],
  ['http://'],
  ['http://a b'],
  ['sha256:0123abcd'],
  ['2001:db8::1'],
  [''],
];

for (const [text, ...hosts] of parsed) {
  test(`"${text}" is ${hosts.length === 0 ? 'no endpoint' : hosts.join(' and ')}`, () => {
    assert.deepEqual(
      parseEndpoints(text).map(({ host, port }) => `${host ?? '?'}:${port ?? '-'}`),
      hosts,
    );
  });
}

test('the places are those of host and port in the text', () => {
  for (const [text] of parsed) {
    for (const { host, hostFrom, hostTo, port, portFrom, portTo } of parseEndpoints(text)) {
      if (host !== undefined) assert.equal(text.slice(hostFrom, hostTo), host);
      if (typeof port === 'number') assert.equal(text.slice(portFrom, portTo), String(port));
    }
  }
});

const masked: readonly (readonly [string, string])[] = [
  ['postgres://user:secret@db/app', 'postgres://***@db/app'],
  ['postgres://user:p/w@rd@db/app', 'postgres://***@db/app'],
  ['http://token@host:1/x', 'http://***@host:1/x'],
  ['http://host/@me', 'http://host/@me'],
  ['user:secret@tcp(db:1)/x', '***@tcp(db:1)/x'],
  ['host=db password=secret sslmode=off', 'host=db password=*** sslmode=off'],
  ['jdbc:mysql://db/x?user=u&password=secret&x=1', 'jdbc:mysql://db/x?user=u&password=***&x=1'],
  ['http://a:1,http://u:secret@b:2', 'http://a:1,http://***@b:2'],
];

for (const [text, shown] of masked) test(`"${text}" is shown as "${shown}"`, () => assert.equal(mask(text), shown));
