import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMap, type YAMLMap } from 'yaml';
import { applyEdits, SourceText, type TextEdit } from '../../core/text.ts';
import { fillEmpty, putInto, removeEntry } from './yaml-edit.ts';
import { nodeAt, openYaml, type YamlFile, type YamlValue } from './yaml-file.ts';

function open(text: string): YamlFile {
  const file = openYaml(new SourceText('compose.yaml', text));
  assert.ok(file !== undefined);
  return file;
}

function service(file: YamlFile, name = 'web'): YAMLMap {
  const node = nodeAt(file, ['services', name]);
  assert.ok(isMap(node));
  return node;
}

function edited(text: string, change: (file: YamlFile) => TextEdit | undefined): string {
  const file = open(text);
  const edit = change(file);
  assert.ok(edit !== undefined);
  const result = applyEdits(text, [edit]);
  open(result);
  return result;
}

const host = { name: 'gw.example.org', value: 'host-gateway', item: 'gw.example.org:host-gateway', prefer: 'list' } as const;

const cases: { readonly name: string; readonly before: string; readonly after: string }[] = [
  {
    name: 'a new list is written as the other lists of the file are, behind a trailing comment',
    before: 'services:\n    web:\n        image: web\n        ports:\n        - "80:80" # http\n\n# end\n',
    after:
      'services:\n    web:\n        image: web\n        ports:\n        - "80:80" # http\n        extra_hosts:\n        - gw.example.org:host-gateway\n\n# end\n',
  },
  {
    name: 'an item joins the block list that is there, and CRLF stays CRLF',
    before: 'services:\r\n  web:\r\n    extra_hosts:\r\n      - a.example.org:192.0.2.1\r\n    image: web\r\n',
    after:
      'services:\r\n  web:\r\n    extra_hosts:\r\n      - a.example.org:192.0.2.1\r\n      - gw.example.org:host-gateway\r\n    image: web\r\n',
  },
  {
    name: 'an entry joins the block map that is there',
    before: 'services:\n  web:\n    extra_hosts:\n      a.example.org: 192.0.2.1\n    image: web\n',
    after: 'services:\n  web:\n    extra_hosts:\n      a.example.org: 192.0.2.1\n      gw.example.org: host-gateway\n    image: web\n',
  },
  {
    name: 'a flow list keeps its style',
    before: 'services: { web: { image: web, extra_hosts: [ "a.example.org:192.0.2.1" ] } }\n',
    after: 'services: { web: { image: web, extra_hosts: [ "a.example.org:192.0.2.1", gw.example.org:host-gateway ] } }\n',
  },
  {
    name: 'a flow service gets a flow list',
    before: 'services:\n  web: { image: web }\n',
    after: 'services:\n  web: { image: web, extra_hosts: [gw.example.org:host-gateway] }\n',
  },
  {
    name: 'a key without a value is filled',
    before: 'services:\n  web:\n    extra_hosts: # none yet\n    image: web',
    after: 'services:\n  web:\n    extra_hosts: # none yet\n      - gw.example.org:host-gateway\n    image: web',
  },
  {
    name: 'a text without a last line break gets one before the new lines only',
    before: 'services:\n  web:\n    image: web',
    after: 'services:\n  web:\n    image: web\n    extra_hosts:\n      - gw.example.org:host-gateway',
  },
  {
    name: 'a block scalar at the end of the service stays whole',
    before: 'services:\n  web:\n    image: web\n    command: |\n      one\n      two\nvolumes: {}\n',
    after:
      'services:\n  web:\n    image: web\n    command: |\n      one\n      two\n    extra_hosts:\n      - gw.example.org:host-gateway\nvolumes: {}\n',
  },
  {
    name: 'a list that a merge key brings in is written out, because the merge is shallow',
    before: 'x-base: &base\n  extra_hosts: ["a.example.org:192.0.2.1"]\nservices:\n  web:\n    <<: *base\n    image: web\n',
    after:
      'x-base: &base\n  extra_hosts: ["a.example.org:192.0.2.1"]\nservices:\n  web:\n    <<: *base\n    image: web\n    extra_hosts:\n      - a.example.org:192.0.2.1\n      - gw.example.org:host-gateway\n',
  },
  {
    name: 'an aliased map is merged at the place of use and the anchor is left alone',
    before: 'x-hosts: &hosts\n  a.example.org: 192.0.2.1\nservices:\n  web:\n    extra_hosts: *hosts # shared\n    image: web\n',
    after:
      'x-hosts: &hosts\n  a.example.org: 192.0.2.1\nservices:\n  web:\n    extra_hosts:\n      <<: *hosts\n      gw.example.org: host-gateway # shared\n    image: web\n',
  },
];

for (const { name, before, after } of cases)
  test(name, () =>
    assert.equal(
      edited(before, (file) => putInto(file, service(file), 'extra_hosts', host)),
      after,
    ),
  );

test('an entry is taken out with its lines, and the comment above stays', () => {
  const before =
    'services:\n  web:\n    image: web\n    # the ports\n    ports:\n      - "80:80"\n      - "81:81" # two\n    restart: always\n';
  assert.equal(
    edited(before, (file) => removeEntry(file, service(file), 'ports')),
    'services:\n  web:\n    image: web\n    # the ports\n    restart: always\n',
  );
});

test('an entry is taken out of a flow map with one comma', () => {
  const before = 'services:\n  web: { image: web, ports: ["80:80"], restart: always }\n';
  assert.equal(
    edited(before, (file) => removeEntry(file, service(file), 'ports')),
    'services:\n  web: { image: web, restart: always }\n',
  );
  const last = 'services:\n  web: { image: web, ports: ["80:80"] }\n';
  assert.equal(
    edited(last, (file) => removeEntry(file, service(file), 'ports')),
    'services:\n  web: { image: web }\n',
  );
});

test('nested values take the step of the file', () => {
  const before = 'services:\n   web:\n      image: web\n';
  const value: YamlValue = { db: { condition: 'service_healthy', restart: true } };
  assert.equal(
    edited(before, (file) =>
      putInto(file, service(file), 'depends_on', { name: 'db', value: value.db ?? null, item: 'db', prefer: 'map' }),
    ),
    'services:\n   web:\n      image: web\n      depends_on:\n         db:\n            condition: service_healthy\n            restart: true\n',
  );
});

test('digits with colons are quoted, because YAML 1.1 reads them in base 60', () => {
  const before = 'services:\n  web:\n    image: web\n';
  const change = (file: YamlFile) =>
    putInto(file, service(file), 'ports', { name: '', value: null, item: '22:22', prefer: 'list' as const });
  assert.match(edited(before, change), /- "22:22"/);
});

test('an empty top-level key is filled at its own indentation', () => {
  const before = 'services:\n  web:\n    image: web\nnetworks:\n';
  const result = edited(before, (file) => {
    const pair = isMap(file.root) ? file.root.items.at(-1) : undefined;
    return pair === undefined ? undefined : fillEmpty(file, pair, { shared: { external: true } });
  });
  assert.equal(result, `${before}  shared:\n    external: true\n`);
});
