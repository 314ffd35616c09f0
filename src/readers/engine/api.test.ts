import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FairleadError } from '../../core/errors.ts';
import { parseEngineAddress } from './api.ts';

const addresses: readonly (readonly [text: string, expected: object])[] = [
  ['/run/docker.sock', { kind: 'unix', path: '/run/docker.sock' }],
  ['unix:///run/docker.sock', { kind: 'unix', path: '/run/docker.sock' }],
  ['tcp://192.0.2.1:2375', { kind: 'tcp', host: '192.0.2.1', port: 2375 }],
  ['tcp://engine.example.org', { kind: 'tcp', host: 'engine.example.org', port: 2375 }],
  ['http://[2001:db8::1]:80/', { kind: 'tcp', host: '2001:db8::1', port: 80 }],
];

for (const [text, expected] of addresses) {
  test(`${text} is an engine's address`, () => {
    assert.deepEqual(parseEngineAddress(text), expected);
  });
}

const refused: readonly (readonly [text: string, env: Readonly<Record<string, string>>, message: RegExp])[] = [
  ['ssh://user@192.0.2.1', {}, /ssh:\/\/ is not supported; give a unix socket/],
  ['npipe:////./pipe/docker_engine', {}, /npipe:\/\/ is not supported/],
  ['https://192.0.2.1', {}, /https:\/\/ is not supported/],
  ['tcp://192.0.2.1:2376', { DOCKER_TLS_VERIFY: '1' }, /TLS \(DOCKER_TLS_VERIFY\) is not supported/],
  ['tcp://192.0.2.1:99999', {}, /expected tcp:\/\/HOST:PORT/],
];

for (const [text, env, message] of refused) {
  test(`${text} is refused with the reason`, () => {
    assert.throws(
      () => parseEngineAddress(text, env),
      (error) => error instanceof FairleadError && error.code === 'FAIRLEAD_ENGINE_UNREACHABLE' && message.test(error.message),
    );
  });
}
