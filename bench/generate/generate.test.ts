import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { fleet } from './fleet.ts';
import { stack } from './stack.ts';

const stacks = Array.from({ length: 150 }, (_, index) => stack(1, index));

/** What a Compose file must have at least; the rest is for Compose to say. */
interface ComposeText {
  readonly services: Record<
    string,
    { readonly networks: readonly string[]; readonly ports?: readonly (string | { readonly published: string })[] }
  >;
  readonly networks: Record<string, unknown>;
}

test('the same seed writes the same file, another seed another one', () => {
  assert.equal(stack(1, 7), stacks[7]);
  assert.notEqual(stack(2, 7), stacks[7]);
});

test('sizes are those of published files', () => {
  const sizes = stacks.map((text) => text.length).sort((a, b) => a - b);
  assert.ok((sizes[0] ?? 0) >= 1000, `smallest ${sizes[0]}`);
  assert.ok((sizes.at(-1) ?? 0) <= 8000, `largest ${sizes.at(-1)}`);
  const median = sizes[75] ?? 0;
  assert.ok(median >= 2000 && median <= 5000, `median ${median}`);
});

test('every file is YAML whose services are on networks that it defines, and no host port is used twice in a run', () => {
  const published: string[] = [];
  for (const text of stacks) {
    const file = parse(text, { merge: true }) as ComposeText; // written by the generator above
    for (const service of Object.values(file.services)) {
      for (const network of service.networks) assert.ok(network in file.networks, network);
      for (const port of service.ports ?? []) {
        const host = typeof port === 'string' ? /(\d+):\d+$/.exec(port)?.[1] : port.published;
        if (host !== undefined) published.push(host);
      }
    }
  }
  assert.ok(published.length > 150);
  assert.equal(new Set(published).size, published.length);
});

test('a fleet has as many services as were asked for', () => {
  const file = parse(fleet(1000)) as ComposeText; // written by the generator above
  assert.equal(Object.keys(file.services).length, 1000);
  assert.equal(Object.keys(file.networks).length, 51);
});
