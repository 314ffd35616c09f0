import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import {
  afterRestart,
  beginTrial,
  endTrial,
  goodConfig,
  loadState,
  noRemoteState,
  type RemoteState,
  rememberGood,
  saveState,
} from './state.ts';

const config = { hash: Uint8Array.of(0xaa), files: [{ name: 'a.yaml', contentType: 'text/yaml', body: Uint8Array.of(1, 2, 255) }] };
/** The agent dies while it tries `hash`, so many times. */
const dying = (state: RemoteState, hash: string, kind: 'applying' | 'starting', times: number) =>
  Array.from({ length: times }).reduce<RemoteState>((now) => afterRestart(beginTrial(now, hash, kind)).state, state);

test('a configuration that was being applied when the process died twice is not tried again', () => {
  const once = dying(noRemoteState, 'bb', 'applying', 1);
  assert.deepEqual(once.blamed, {});
  const { state, blamed } = afterRestart(beginTrial(once, 'bb', 'applying'));
  assert.deepEqual(blamed, [{ hash: 'bb', deaths: 2 }]);
  assert.partialDeepStrictEqual(state, { status: { hash: 'bb', status: 'failed' }, trials: {} });
  assert.match(state.blamed.bb ?? '', /ended 2 times/);
});

test('deaths of different configurations are not added up, and a success forgets them', () => {
  const mixed = dying(dying(noRemoteState, 'bb', 'applying', 1), 'cc', 'applying', 1);
  assert.deepEqual(mixed.blamed, {});
  const survived = endTrial(beginTrial(mixed, 'bb', 'applying'), 'bb', true);
  assert.deepEqual(dying(survived, 'bb', 'applying', 1).blamed, {});
});

test('ending in order counts for nothing, and does not forget deaths either', () => {
  const orderly = endTrial(beginTrial(noRemoteState, 'bb', 'applying'), 'bb', false);
  assert.deepEqual(afterRestart(orderly), { state: noRemoteState, blamed: [] });
  const after = endTrial(beginTrial(dying(noRemoteState, 'bb', 'applying', 1), 'bb', 'applying'), 'bb', false);
  assert.equal(dying(after, 'bb', 'applying', 1).blamed.bb !== undefined, true);
});

test('the last good configuration is given up after three deaths at the start', () => {
  const good = { ...rememberGood(noRemoteState, 'aa', config), status: { hash: 'aa', status: 'applied', error: '' } } as const;
  assert.ok(dying(good, 'aa', 'starting', 2).good !== undefined);
  const given = dying(good, 'aa', 'starting', 3);
  assert.equal(given.good, undefined);
  assert.partialDeepStrictEqual(given.status, { hash: 'aa', status: 'failed' });
});

test('what is saved is loaded again, byte by byte, and only its owner may read it', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'fairlead-remote-')), 'remote', 'state.json');
  const state = rememberGood(noRemoteState, 'aa', config);
  await saveState(path, state);
  assert.deepEqual((await loadState(path)).state, state);
  assert.deepEqual(goodConfig(state), config);
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('a file that cannot be understood is put aside', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-remote-'));
  const path = join(dir, 'state.json');
  assert.deepEqual(await loadState(path), { state: noRemoteState });
  for (const [text, reason] of [
    ['{"version":1,"good', /JSON/],
    ['{"version":2}', /not what this version writes/],
  ] as const) {
    writeFileSync(path, text);
    const loaded = await loadState(path);
    assert.deepEqual(loaded.state, noRemoteState);
    assert.match(loaded.putAside ?? '', reason);
    assert.deepEqual(readdirSync(dir), ['state.json.unreadable']);
    assert.equal(readFileSync(`${path}.unreadable`, 'utf8'), text);
  }
});
