import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { matcher } from './match.ts';
import type { Method } from './route.ts';
import { route } from './route.ts';

const routeOf = (method: Method, path: string) =>
  route({ method, path, id: `${method} ${path}`, tag: '', summary: '', role: 'any', answer: z.unknown() }, () => undefined);
const find = matcher([
  routeOf('GET', '/v1/things'),
  routeOf('POST', '/v1/things'),
  routeOf('GET', '/v1/things/{name}'),
  routeOf('DELETE', '/v1/things/parts/{id}'),
  routeOf('GET', '/v1/openapi.json'),
]);
const found = (method: string, url: string): unknown => {
  const match = find(method, url);
  return 'route' in match ? [match.route.definition.id, match.params] : [match.status, match.allow];
};

test('method and path choose the route, the query does not', () => {
  assert.deepEqual(found('GET', '/v1/things'), ['GET /v1/things', {}]);
  assert.deepEqual(found('POST', '/v1/things?x=/v1/other'), ['POST /v1/things', {}]);
  assert.deepEqual(found('GET', '/v1/things/a%2Fb%20c'), ['GET /v1/things/{name}', { name: 'a/b c' }]);
  assert.deepEqual(found('DELETE', '/v1/things/parts/7'), ['DELETE /v1/things/parts/{id}', { id: '7' }]);
  assert.deepEqual(found('GET', '/v1/things/parts'), ['GET /v1/things/{name}', { name: 'parts' }]);
});

test('what does not fit is told why', () => {
  assert.deepEqual(found('DELETE', '/v1/things'), [405, ['GET', 'POST']]);
  assert.deepEqual(found('GET', '/v1/things/'), [404, undefined]);
  assert.deepEqual(found('GET', '/v1/things/a/b'), [404, undefined]);
  assert.deepEqual(found('GET', '/v1/openapiXjson'), [404, undefined]);
  assert.deepEqual(found('GET', '/v1/things/%E0%A4'), [400, undefined]);
  assert.deepEqual(found('GET', ''), [404, undefined]);
});

test('a path of any length costs a short answer', () => {
  const answer = find('GET', `/${'x'.repeat(100_000)}`);
  assert.ok('message' in answer && answer.message.length < 300);
});
