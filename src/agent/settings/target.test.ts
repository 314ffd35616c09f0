import assert from 'node:assert/strict';
import test from 'node:test';
import { parseTarget } from './target.ts';

test('a target is a host with a port, or a URL', () => {
  const rows: readonly (readonly [text: string, read: string | undefined])[] = [
    ['kafka-1.example.org:9092', 'kafka-1.example.org 9092'],
    ['my_service:80', 'my_service 80'],
    ['192.0.2.7:4317', '192.0.2.7 4317'],
    ['[2001:db8::7]:4317', '2001:db8::7 4317'],
    ['https://logs.example.org/health', 'logs.example.org 443'],
    ['http://[2001:db8::7]:8080/', '2001:db8::7 8080'],
    ['kafka', undefined],
    ['kafka:0', undefined],
    ['kafka:65536', undefined],
    ['2001:db8::7:4317', undefined],
    ['[kafka]:1', undefined],
    ['ftp://example.org/', undefined],
    ['-x:1', undefined],
    ['a b:1', undefined],
  ];
  for (const [text, read] of rows) {
    const target = parseTarget(text);
    assert.equal(target === undefined ? undefined : `${target.host} ${target.port}`, read, text);
  }
});

test('credentials of a URL are used and never shown', () => {
  const target = parseTarget('https://agent:s3cret@logs.example.org/ready?x=1');
  assert.equal(target?.text, 'https://logs.example.org/ready?x=1');
  assert.equal(target?.url, 'https://agent:s3cret@logs.example.org/ready?x=1');
});
