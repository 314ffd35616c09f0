/** The contract of `Program`, run for all members over all fixtures. */
import assert from 'node:assert/strict';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Origin } from '../../../core/origin.ts';
import { isAnyAddress } from '../dial.ts';
import type { Fixture } from '../fixture.ts';
import { readFixture } from '../fixture.ts';
import { readAgents } from '../index.ts';
import { programs } from './index.ts';

const folder = join(import.meta.dirname, '..');
const fixtures = new Map(
  globSync('testdata/**/*.yaml', { cwd: folder }).map((path) => [path, readFixture(path, readFileSync(join(folder, path), 'utf8'))]),
);

/** The text that an exact origin points at; undefined for the others. */
function pointedAt({ files }: Fixture, origin: Origin | undefined): string | undefined {
  if (origin?.kind !== 'file' || !origin.exact) return undefined;
  const read = files.read(origin.file);
  return read.ok ? read.source.text.slice(origin.span.start, origin.span.end) : undefined;
}

test('every folder is a program of that name, listed once', () => {
  const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(programs.map(({ name }) => name).sort(), folders.map(({ name }) => name).sort());
});

for (const program of programs) {
  test(`${program.name}: a fixture shows what it reads`, () => {
    const shown = [...fixtures.values()].some(({ part }) => part.workloads.some((workload) => program.matches(workload)));
    assert.ok(shown, 'no fixture has a workload that it matches');
  });
}

test('an exact origin holds the host and the port, character by character', () => {
  let seen = 0;
  for (const [path, fixture] of fixtures) {
    for (const link of readAgents(fixture.files, fixture.part).links) {
      const [host, port] = [pointedAt(fixture, link.hostOrigin), pointedAt(fixture, link.portOrigin)];
      if (host !== undefined) assert.equal(host, link.host, `${path} ${link.setting}`);
      if (port !== undefined) assert.equal(port, String(link.port), `${path} ${link.setting}`);
      if (host !== undefined && port !== undefined) seen += 1;
    }
  }
  assert.ok(seen > 60, `only ${seen} links with exact host and port`);
});

test('an exact origin of a registration holds its address and port', () => {
  let seen = 0;
  for (const fixture of fixtures.values()) {
    for (const { address, port, addressOrigin, portOrigin } of readAgents(fixture.files, fixture.part).registrations) {
      assert.equal(pointedAt(fixture, addressOrigin), address);
      assert.equal(pointedAt(fixture, portOrigin), String(port));
      seen += 1;
    }
  }
  assert.ok(seen >= 5);
});

test('what is mounted says so with a hop', () => {
  const links = [...fixtures.values()].flatMap(({ files, part }) => readAgents(files, part).links);
  const mounted = links.filter(({ origin }) => origin.kind === 'file' && origin.file.startsWith('./'));
  assert.ok(mounted.length > 20);
  for (const { origin, setting } of mounted) assert.ok(origin.kind === 'file' && origin.via.some(({ kind }) => kind === 'mount'), setting);
});

test('no password is shown and no unspecified address is dialled', () => {
  for (const fixture of fixtures.values()) {
    const found = readAgents(fixture.files, fixture.part);
    assert.doesNotMatch(JSON.stringify(found.links.map(({ raw }) => raw)), /secret|s3cret|p%40ss|password=p\b/);
    for (const { host } of found.links) assert.ok(host === undefined || !isAnyAddress(host));
  }
});

test('ids are unique and stay the same when read again', () => {
  for (const fixture of fixtures.values()) {
    const [first, second] = [0, 1].map(() => readAgents(fixture.files, fixture.part).links.map(({ id }) => id));
    assert.deepEqual(first, second);
    assert.equal(new Set(first).size, first?.length);
  }
});

test('problems have a place, and a hint', () => {
  const problems = [...fixtures.values()].flatMap(({ files, part }) => readAgents(files, part).problems);
  assert.ok(problems.length > 8);
  for (const { origin, hint, message } of problems) {
    assert.equal(origin.kind, 'file');
    assert.ok(hint !== '' && !message.endsWith('.'), message);
  }
});

test('a namespace whose sockets were all seen gets no listeners from files', () => {
  const fixture = [...fixtures].find(([path]) => path.includes('overridden-defaults'))?.[1];
  assert.ok(fixture !== undefined);
  const namespaces = fixture.part.namespaces.map((namespace) => ({ ...namespace, listenersComplete: true }));
  assert.deepEqual(readAgents(fixture.files, { ...fixture.part, namespaces }).listeners, []);
});
