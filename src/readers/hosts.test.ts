import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SourceText } from '../core/text.ts';
import type { FileResult, Files } from './files.ts';
import type { ReadRequest } from './index.ts';
import { readAll, readHosts } from './index.ts';

function filesOf(texts: Readonly<Record<string, string>>): Files {
  const read = (path: string): FileResult => {
    const text = texts[path];
    return text === undefined
      ? { ok: false, reason: 'missing', message: 'no such file' }
      : { ok: true, source: new SourceText(path, text) };
  };
  return { read, exists: (path) => path in texts };
}

function hosts(texts: Readonly<Record<string, string>>, more: Partial<ReadRequest> = {}): readonly (readonly string[])[] {
  const inputs = Object.keys(texts).map((path) =>
    path.endsWith('.sh') ? ({ kind: 'commands', path, syntax: 'shell' } as const) : ({ kind: 'compose', paths: [path] } as const),
  );
  return readHosts(filesOf(texts), { inputs, ...more }).map(({ model }) => model.workloads.map(({ id }) => id));
}

const stack = (name: string, more = '') => `name: ${name}\nservices:\n  web:\n    image: nginx\n    ports: ["80:80"]\n${more}`;

test('stacks that nothing joins run on hosts of their own, unless it is said that they do not', () => {
  const texts = { 'a.yaml': stack('a'), 'b.yaml': stack('b') };
  assert.deepEqual(hosts(texts), [['a/web'], ['b/web']]);
  assert.deepEqual(hosts(texts, { sameHost: true }), [['a/web', 'b/web']]);
});

test('an external network joins who uses it with who makes it, and users with each other', () => {
  const uses = 'networks:\n  default: { name: shared, external: true }\n';
  const makes = 'networks:\n  default: { name: shared }\n';
  assert.deepEqual(hosts({ 'a.yaml': stack('a', uses), 'b.yaml': stack('b', makes), 'c.yaml': stack('c') }), [
    ['a/web', 'b/web'],
    ['c/web'],
  ]);
  assert.deepEqual(hosts({ 'a.yaml': stack('a', uses), 'b.yaml': stack('b', uses) }), [['a/web', 'b/web']]);
  assert.deepEqual(hosts({ 'a.yaml': stack('a', makes), 'b.yaml': stack('b', makes) }), [['a/web'], ['b/web']]);
});

test('who dials a port of the host is joined with who publishes it', () => {
  const agent =
    'docker run -d --name agent --add-host host.docker.internal:host-gateway -e AGENT_ENDPOINT=http://host.docker.internal:80 my-agent\n';
  assert.deepEqual(hosts({ 'a.yaml': stack('a'), 'run.sh': agent }), [['a/web', 'agent']]);
  assert.deepEqual(hosts({ 'a.yaml': stack('a'), 'run.sh': agent.replace(':80 ', ':81 ') }), [['a/web'], ['agent']]);
});

test('one id in two inputs stays two workloads, each with what is its own', () => {
  const run = 'docker run -d -p 8080:80 nginx\n';
  const texts = { 'one.sh': run, 'two.sh': run };
  const inputs = Object.keys(texts).map((path) => ({ kind: 'commands', path, syntax: 'shell' }) as const);
  const model = readAll(filesOf(texts), { inputs });
  const ids = model.workloads.map(({ id }) => id);
  assert.equal(new Set(ids).size, 2);
  for (const id of ids) {
    assert.equal(model.publications.filter(({ workloadId, namespaceId }) => workloadId === id && namespaceId === id).length, 1, id);
    assert.equal(model.endpoints.filter(({ workloadId }) => workloadId === id).length, 1, id);
  }
  assert.equal(new Set(model.endpoints.map(({ id }) => id)).size, 2);
});

test('every model has the host and the default bridge, and flags win over the inputs', () => {
  const engine = { knowledge: 'declared', value: '28', origin: { kind: 'default', text: 'flag' } } as const;
  const model = readAll(filesOf({}), { inputs: [], environment: { engine } });
  assert.deepEqual(
    model.namespaces.map(({ id }) => id),
    ['host'],
  );
  assert.deepEqual(
    model.networks.map(({ id, subnets }) => [id, subnets[0]?.gateway]),
    [['bridge', '172.17.0.1']],
  );
  assert.equal(model.environment.engine, engine);
});

test('a file that cannot be read is a problem of the input, not an exception', () => {
  const model = readAll(filesOf({ 'x.json': '{"a": 1}' }), {
    inputs: [
      { kind: 'json', path: 'x.json' },
      { kind: 'json', path: 'y.json' },
      { kind: 'commands', path: 'z.sh', syntax: 'shell' },
    ],
  });
  assert.deepEqual(
    model.problems.map(({ severity, code }) => `${severity} ${code}`),
    ['error json-unknown', 'error input-missing', 'error input-missing'],
  );
});
