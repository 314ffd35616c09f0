import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { locate } from './locate.ts';
import { memoryFiles } from './memory-files.ts';
import { readCompose } from './read.ts';

const read = (texts: Readonly<Record<string, string>>, paths: readonly string[] = ['p/compose.yaml']) =>
  readCompose(memoryFiles(texts), { paths }).project;

const slice = (found: ReturnType<typeof locate>) => found?.source.text.slice(found.value.start, found.value.end);

test('a key of a service is found with its style, indentation and the place for another child', () => {
  const text = 'services:\n  web:\n    image: nginx\n    ports:\n      - "80:80" # http\n    environment: {A: "1"}\n';
  const project = read({ 'p/compose.yaml': text });
  const ports = locate(project, 'p/web', ['ports']);
  strictEqual(ports?.style, 'block');
  strictEqual(ports.indent, 6);
  strictEqual(text.slice(0, ports.insertAt).endsWith('# http'), true);
  const environment = locate(project, 'p/web', ['environment']);
  strictEqual(environment?.style, 'flow');
  strictEqual(text[environment.insertAt], '}');
  strictEqual(slice(locate(project, 'p/web', ['environment', 'A'])), '1');
  strictEqual(slice(locate(project, 'p/web', ['ports', '0'])), '80:80');
  const service = locate(project, 'p/web', []);
  strictEqual(service?.indent, 4);
  deepStrictEqual(service.key && text.slice(service.key.start, service.key.end), 'web');
});

test('what nobody wrote is not found', () => {
  const project = read({ 'p/compose.yaml': 'services: {web: {image: nginx}}\n' });
  strictEqual(locate(project, 'p/web', ['ports']), undefined);
  strictEqual(locate(project, 'p/other', []), undefined);
  strictEqual(locate(project, 'p_default', []), undefined);
});

test('the file that overrides is found first', () => {
  const files = {
    'p/compose.yaml': 'services: {web: {image: a, hostname: h}}\n',
    'p/compose.override.yaml': 'services: {web: {image: b}}\n',
  };
  const project = read(files, ['p/compose.yaml', 'p/compose.override.yaml']);
  strictEqual(slice(locate(project, 'p/web', ['image'])), 'b');
  strictEqual(locate(project, 'p/web', ['hostname'])?.file, 'p/compose.yaml');
});

test('a value behind an alias or a merge key says so', () => {
  const text =
    'x-a: &a {A: "1"}\nservices:\n  one: {image: x, environment: *a}\n  two:\n    image: x\n    environment:\n      <<: *a\n      B: "2"\n';
  const project = read({ 'p/compose.yaml': text });
  deepStrictEqual(
    locate(project, 'p/one', ['environment', 'A'])?.via.map((hop) => hop.kind),
    ['anchor'],
  );
  deepStrictEqual(
    locate(project, 'p/two', ['environment', 'A'])?.via.map((hop) => hop.kind),
    ['merge'],
  );
  const own = locate(project, 'p/two', ['environment']);
  deepStrictEqual(own?.via, []);
  strictEqual(own?.indent, 6);
});

test('a key of a service that is extended is found in the file that defines it', () => {
  const files = {
    'p/compose.yaml': 'services:\n  web: {extends: {file: base.yaml, service: base}}\n',
    'p/base.yaml': 'services:\n  base:\n    image: x\n    ports: ["80:80"]\n',
  };
  const found = locate(read(files), 'p/web', ['ports']);
  strictEqual(found?.file, 'p/base.yaml');
  strictEqual(found.via.at(-1)?.kind, 'extends');
});

test('a network is found by its id, and the file by none', () => {
  const text = 'services:\n  a: {image: x, networks: [n]}\nnetworks:\n  n:\n    internal: true\n';
  const project = read({ 'p/compose.yaml': text });
  strictEqual(slice(locate(project, 'p_n', ['internal'])), 'true');
  strictEqual(locate(project, '', ['networks'])?.indent, 2);
  ok(locate(project, '', [])?.style === 'block');
});

test('line endings of Windows stay outside of what is found', () => {
  const text = 'services:\r\n  web:\r\n    image: nginx\r\n    ports:\r\n      - "80:80"\r\n';
  const ports = locate(read({ 'p/compose.yaml': text }), 'p/web', ['ports']);
  strictEqual(text.slice(ports?.insertAt), '\r\n');
});
