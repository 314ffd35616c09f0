import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApi } from './openapi.ts';
import { describedRoutes } from './routes/index.ts';

// Walked as data: the test looks for what must not be there.
// biome-ignore lint/suspicious/noExplicitAny: a document of JSON
const document: any = JSON.parse(JSON.stringify(openApi(describedRoutes('1.2.3'), '1.2.3')));
const methods = ['get', 'put', 'post', 'patch', 'delete'];
const operations = Object.entries<Record<string, never>>(document.paths).flatMap(([path, item]) =>
  // biome-ignore lint/suspicious/noExplicitAny: a document of JSON
  Object.entries<any>(item).map(([method, operation]) => ({ path, method, operation })),
);

function walk(value: unknown, see: (key: string, value: unknown) => void): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    see(key, inner);
    walk(inner, see);
  }
}

/** RFC 6901. */
const at = (pointer: string): unknown =>
  pointer
    .slice(2)
    .split('/')
    .reduce<unknown>((value, key) => Reflect.get(Object(value), key.replaceAll('~1', '/').replaceAll('~0', '~')), document);

test('the document says what it is, and has every operation', () => {
  assert.match(document.openapi, /^3\.1\./);
  assert.deepEqual([document.info.title, document.info.version], ['Fairlead', '1.2.3']);
  assert.ok(operations.length >= 45, String(operations.length));
  assert.equal(operations.length, describedRoutes('1.2.3').length);
  for (const { method } of operations) assert.ok(methods.includes(method), method);
});

test('every reference leads somewhere', () => {
  const references: string[] = [];
  walk(document, (key, value) => key === '$ref' && references.push(String(value)));
  assert.ok(references.length > 100, String(references.length));
  assert.deepEqual(
    references.filter((reference) => !reference.startsWith('#/components/') || at(reference) === undefined),
    [],
  );
});

test('operations have ids that differ, a tag that is listed, a summary and an answer', () => {
  const ids = operations.map(({ operation }) => operation.operationId);
  assert.deepEqual([...new Set(ids)], ids);
  const tags = document.tags.map(({ name }: { name: string }) => name);
  for (const { operation } of operations) {
    assert.match(operation.operationId, /^[a-z][A-Za-z]+$/);
    assert.ok(
      operation.tags.every((tag: string) => tags.includes(tag)),
      operation.operationId,
    );
    assert.ok(operation.summary.length > 5);
    assert.equal(Object.keys(operation.responses).filter((status) => status.startsWith('2')).length, 1);
  }
  for (const { description, name } of document.tags) assert.notEqual(description, name, 'a tag without a description');
});

test('the parameters of a path are those that are declared, and each of them is required', () => {
  for (const { path, operation } of operations) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const declared = operation.parameters.filter((one: { in: string }) => one.in === 'path');
    assert.deepEqual(declared.map((one: { name: string }) => one.name).sort(), named.sort(), path);
    assert.ok(
      declared.every((one: { required: boolean }) => one.required),
      path,
    );
    assert.ok(
      operation.parameters.every((one: { schema?: object }) => one.schema !== undefined),
      path,
    );
  }
});

test('only what can have a body has one, and of what is stored every body refuses unknown keys', () => {
  for (const { method, operation } of operations) {
    const schema = operation.requestBody?.content['application/json'].schema;
    assert.ok(schema === undefined || (method !== 'get' && method !== 'delete'), operation.operationId);
    if (schema === undefined || operation.operationId.endsWith('AgentLabels')) continue;
    for (const one of schema.oneOf ?? [schema]) assert.equal(one.additionalProperties, false, operation.operationId);
  }
});

test('schemas hold nothing that JSON Schema does not know: no undefined, no local definitions, no dialect of their own', () => {
  walk(document, (key, value) => {
    assert.ok(!['$schema', '$defs', 'definitions', 'nullable'].includes(key), key);
    assert.notEqual(value, undefined);
  });
});

test('routes that only describe throw when they are called, and need no server to be made', async () => {
  const [first] = describedRoutes('1.2.3');
  assert.ok(first !== undefined && 'handle' in first);
  const actor = { name: 'x', tokenId: 'x', role: 'admin', remote: '' } as const;
  await assert.rejects(first.handle({ params: {}, query: { limit: 1 }, body: undefined, actor }), /these routes only describe/);
});
