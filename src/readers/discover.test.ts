import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { discover, guess } from './discover.ts';
import { diskFiles } from './files.ts';

const compose = 'services:\n  a:\n    image: a\n';
const tree = {
  'compose.yaml': compose,
  'compose.override.yaml': compose,
  'deploy/docker-compose.yml': compose,
  'deploy/run.sh': '#!/bin/sh\ndocker run -d nginx\n',
  'deploy/other.sh': '#!/bin/sh\necho docker\n',
  'deploy/README.md': 'Start:\n\n```sh\ndocker run -d nginx\n```\n',
  'deploy/package.json': '{"services": 1}',
  'deploy/inspect.json': '[{"Id": "x", "NetworkSettings": {}}]',
  'node_modules/x/compose.yaml': compose,
  '.git/compose.yaml': compose,
  'prometheus.yml': 'scrape_configs: []\n',
};

function inTree(check: (root: string, found: (...paths: string[]) => readonly string[]) => void): void {
  const root = mkdtempSync(join(tmpdir(), 'fairlead-discover-'));
  try {
    for (const [path, text] of Object.entries(tree)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    check(root, (...paths) => {
      const { inputs, problems } = discover(diskFiles, { paths: paths.map((path) => join(root, path)), composeFiles: [] });
      const short = (path: string) => path.slice(root.length + 1);
      return [
        ...inputs.map((input) =>
          input.kind === 'compose' ? `compose ${input.paths.map(short).join('+')}` : `${input.kind} ${short(input.path)}`,
        ),
        ...problems.map(({ code }) => code),
      ];
    });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

test('a folder is searched for deployments, below it too, but not in what others brought', () => {
  inTree((_, found) =>
    assert.deepEqual(found(''), [
      'compose compose.yaml+compose.override.yaml',
      'compose deploy/docker-compose.yml',
      'commands deploy/README.md',
      'json deploy/inspect.json',
      'commands deploy/run.sh',
    ]),
  );
});

test('a named file is read as what it is, with its override, and once', () => {
  inTree((_, found) => {
    assert.deepEqual(found('compose.yaml'), ['compose compose.yaml+compose.override.yaml']);
    assert.deepEqual(found('compose.yaml', 'compose.override.yaml'), ['compose compose.yaml+compose.override.yaml']);
    assert.deepEqual(found('compose.override.yaml'), ['compose compose.override.yaml']);
    assert.deepEqual(found('deploy/package.json', 'deploy/run.sh'), ['json deploy/package.json', 'commands deploy/run.sh']);
  });
});

test('what cannot be read is named, and the rest is still found', () => {
  inTree((_, found) => {
    assert.deepEqual(found('missing', 'deploy/run.sh'), ['commands deploy/run.sh', 'input-not-found']);
    assert.deepEqual(found('prometheus.yml'), ['input-not-a-deployment']);
    assert.deepEqual(found('.git'), ['compose .git/compose.yaml']);
  });
});

test('a text without a telling name is what it looks like', () => {
  const cases = [
    [compose, 'compose'],
    ['{"services": {"a": {}}}', 'compose'],
    ['[{"Id": ""}]', 'json'],
    ['docker run nginx', 'commands'],
    ['#!/bin/sh\ncat <<EOF\nservices:\nEOF\ndocker run nginx', 'commands'],
  ] as const;
  for (const [text, kind] of cases) assert.equal(guess('<stdin>', text).kind, kind, text);
  const page = guess('<stdin>', 'Run\n```\ndocker run nginx\n```\n');
  assert.ok(page.kind === 'commands' && page.syntax === 'markdown');
});
