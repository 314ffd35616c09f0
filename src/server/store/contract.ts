/**
 * What every store must do, as tests. A new store calls `storeContract` in a test file of its own and has to pass as it is; keys are
 * under a root of the subject's choice, so that the tests can share an engine with others.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change, Store, StoreEvent } from './store.ts';

export interface Subject extends AsyncDisposable {
  readonly store: Store;
  /** Begins every key; nobody else writes below it. */
  readonly root: string;
  /** The shortest lease that the engine grants as asked. */
  readonly leaseTtlMs: number;
  /** Lets time pass for leases: by moving a clock, or by waiting. */
  pass(ms: number): Promise<void>;
  /** Closes the store and opens it again, as a restarted server would; undefined where nothing outlives the store. */
  readonly reopen?: () => Promise<Store>;
}

export function storeContract(name: string, open: () => Promise<Subject>): void {
  const check = (what: string, body: (store: Store, root: string, subject: Subject) => Promise<void>): void => {
    test(`${name}: ${what}`, async () => {
      await using subject = await open();
      await body(subject.store, subject.root, subject);
    });
  };

  check('what was put is there, with the revision of its commit', async (store, root) => {
    const revision = await made(store, put(`${root}a`, 'one'));
    const expected = { key: `${root}a`, value: 'one', createRevision: revision, modRevision: revision };
    assert.deepEqual(await store.get(`${root}a`), expected);
    assert.equal(await store.get(`${root}b`), undefined);
  });

  check('a key keeps the revision that made it until it is deleted', async (store, root) => {
    const first = await made(store, put(`${root}a`, 'one'));
    const second = await made(store, put(`${root}a`, 'two'));
    const changed = await store.get(`${root}a`);
    assert.deepEqual([changed?.value, changed?.createRevision, changed?.modRevision], ['two', first, second]);
    await made(store, remove(`${root}a`));
    assert.equal(await store.get(`${root}a`), undefined);
    const anew = await made(store, put(`${root}a`, 'three'));
    assert.equal((await store.get(`${root}a`))?.createRevision, anew);
  });

  check('revisions only grow, and a commit that changes nothing takes none back', async (store, root) => {
    const first = await made(store, put(`${root}a`, 'one'));
    const nothing = await made(store, remove(`${root}none`));
    const last = await made(store, put(`${root}a`, 'two'));
    assert.ok(first > 0 && nothing >= first && last > nothing, `${first} ${nothing} ${last}`);
  });

  check('a condition that does not hold names its key, and nothing is changed', async (store, root) => {
    const revision = await made(store, put(`${root}a`, 'one'), put(`${root}b`, 'one'));
    const refused = await store.commit({
      conditions: [
        { key: `${root}a`, modRevision: revision },
        { key: `${root}b`, modRevision: 0 },
        { key: `${root}c`, modRevision: revision },
      ],
      changes: [put(`${root}a`, 'two'), remove(`${root}b`), put(`${root}d`, 'two')],
    });
    assert.deepEqual(refused, { ok: false, conflicts: [`${root}b`, `${root}c`] });
    assert.deepEqual(await values(store, root), { a: 'one', b: 'one' });
  });

  check('conditions that hold let all changes through, as one revision', async (store, root) => {
    const first = await made(store, put(`${root}a`, 'one'));
    const conditions = [
      { key: `${root}a`, modRevision: first },
      { key: `${root}b`, modRevision: 0 },
    ];
    const result = await store.commit({ conditions, changes: [remove(`${root}a`), put(`${root}b`, '2'), put(`${root}c`, '2')] });
    assert.ok(result.ok);
    const { entries } = await store.list(root);
    assert.deepEqual(
      entries.map((entry) => [entry.key, entry.modRevision]),
      [
        [`${root}b`, result.revision],
        [`${root}c`, result.revision],
      ],
    );
  });

  check('of many who raise one number at once, none is lost', async (store, root) => {
    const raise = async (): Promise<void> => {
      for (;;) {
        const now = await store.get(`${root}n`);
        const changes = [put(`${root}n`, String(Number(now?.value ?? 0) + 1))];
        const { ok } = await store.commit({ conditions: [{ key: `${root}n`, modRevision: now?.modRevision ?? 0 }], changes });
        if (ok) return;
      }
    };
    await Promise.all(Array.from({ length: 24 }, raise));
    assert.equal((await store.get(`${root}n`))?.value, '24');
  });

  check('commits made at once have a revision each', async (store, root) => {
    const revisions = await Promise.all(Array.from({ length: 100 }, (_, at) => made(store, put(`${root}${at}`, 'x'))));
    assert.equal(new Set(revisions).size, 100);
    assert.equal((await store.list(root)).entries.length, 100);
  });

  check('a listing is in order and in pages, and takes the prefix literally', async (store, root) => {
    const keys = ['a!', 'a%/1', 'a/1', 'a/10', 'a/2', 'a/_', 'a/~', 'a0', 'b'];
    await made(store, ...keys.map((key) => put(`${root}${key}`, key)));
    const listed = async (prefix: string) => (await store.list(`${root}${prefix}`)).entries.map(({ value }) => value);
    assert.deepEqual(await listed('a/'), ['a/1', 'a/10', 'a/2', 'a/_', 'a/~']);
    assert.deepEqual(await listed('a%'), ['a%/1']);
    assert.deepEqual(await listed(''), keys);
    assert.deepEqual(await listed('c'), []);
    const first = await store.list(`${root}a/`, { limit: 2 });
    assert.deepEqual([first.entries.map(({ value }) => value), first.more], [['a/1', 'a/10'], true]);
    const rest = await store.list(`${root}a/`, { limit: 3, after: first.entries.at(-1)?.key ?? '' });
    assert.deepEqual([rest.entries.map(({ value }) => value), rest.more], [['a/2', 'a/_', 'a/~'], false]);
  });

  check('values come back as they were: empty, long, any character', async (store, root) => {
    const texts = ['', 'a\u0000b', '\u{1F6A2} \u00e4\r\n\t', 'x'.repeat(1024 * 1024)];
    for (const [at, text] of texts.entries()) await made(store, put(`${root}${at}`, text));
    assert.deepEqual(Object.values(await values(store, root)), texts);
  });

  check('what breaks the bounds is refused whole', async (store, root) => {
    const bad: readonly (readonly Change[])[] = [
      [put('', 'x')],
      [put(`${root}with space`, 'x')],
      [put(`${root}\u00e4`, 'x')],
      [put(`${root}${'k'.repeat(513)}`, 'x')],
      [put(`${root}ok`, 'x'), put(`${root}ok`, 'y')],
      [put(`${root}ok`, 'x'), put(`${root}large`, '\u00e4'.repeat(1024 * 512 + 1))],
      [put(`${root}ok`, 'half of a pair: \ud83d')],
      Array.from({ length: 1_001 }, (_, at) => put(`${root}${at}`, 'x')),
    ];
    for (const changes of bad) await assert.rejects(store.commit({ changes }), { code: 'FAIRLEAD_STORE_INVALID' });
    assert.deepEqual(await values(store, root), {});
    await made(store, ...Array.from({ length: 1_000 }, (_, at) => put(`${root}${at}`, 'x')));
  });

  check('a watch from a listing misses nothing and sees nothing twice, commits whole and in order', async (store, root) => {
    await made(store, put(`${root}a/1`, 'before'));
    const { revision } = await store.list(`${root}a/`);
    const stop = new AbortController();
    const seen = take(store.watch(`${root}a/`, revision, stop.signal), 3);
    const second = await made(store, put(`${root}a/1`, 'two'), put(`${root}a/2`, 'two'), put(`${root}b`, 'not watched'));
    await made(store, put(`${root}b`, 'not watched'));
    const third = await made(store, remove(`${root}a/1`));
    const fourth = await made(store, put(`${root}a/1`, 'four'));
    const told = (await seen).map((events) => events.map((event) => [event.kind, event.key, event.entry?.value, event.revision]));
    assert.deepEqual(
      told.map((events) => events.sort()),
      [
        [
          ['put', `${root}a/1`, 'two', second],
          ['put', `${root}a/2`, 'two', second],
        ],
        [['delete', `${root}a/1`, undefined, third]],
        [['put', `${root}a/1`, 'four', fourth]],
      ],
    );
    stop.abort();
  });

  check('a watch hands over what happened before it began', async (store, root) => {
    const first = await made(store, put(`${root}a`, '1'));
    for (const value of ['2', '3', '4']) await made(store, put(`${root}a`, value));
    const stop = new AbortController();
    const seen = await take(store.watch(root, first, stop.signal), 3);
    assert.deepEqual(
      seen.flat().map((event) => event.entry?.value),
      ['2', '3', '4'],
    );
    stop.abort();
  });

  check('a watch ends when its signal aborts, also while it waits', async (store, root) => {
    const { revision } = await store.list(root);
    const stop = new AbortController();
    const seen = take(store.watch(root, revision, stop.signal), 1);
    await made(store, put('elsewhere', 'x'), remove(`${root}none`));
    stop.abort();
    assert.deepEqual(await seen, []);
    assert.deepEqual(await take(store.watch(root, revision, stop.signal), 1), []);
  });

  check('a store that is closed ends its watches and refuses calls', async (store, root) => {
    const { revision } = await store.list(root);
    const seen = take(store.watch(root, revision, new AbortController().signal), 1);
    await store[Symbol.asyncDispose]();
    assert.deepEqual(await seen, []);
    const closed = { code: 'FAIRLEAD_STORE_CLOSED' };
    await assert.rejects(store.get(`${root}a`), closed);
    await assert.rejects(store.list(root), closed);
    await assert.rejects(store.commit({ changes: [put(`${root}a`, 'x')] }), closed);
    await assert.rejects(store.lease(60_000), closed);
  });

  check('keys of a lease vanish together when nobody keeps it alive', async (store, root, { leaseTtlMs, pass }) => {
    const lease = await store.lease(leaseTtlMs);
    const changes = [putLeased(`${root}a`, lease.id), putLeased(`${root}b`, lease.id)];
    const revision = await made(store, ...changes, put(`${root}c`, 'stays'));
    assert.equal((await store.get(`${root}a`))?.leaseId, lease.id);
    const stop = new AbortController();
    const gone = take(store.watch(root, revision, stop.signal), 1);
    await pass(leaseTtlMs * 0.6);
    assert.equal(await lease.keepAlive(), true);
    await pass(leaseTtlMs * 0.6);
    assert.deepEqual(Object.keys(await values(store, root)), ['a', 'b', 'c']);
    await pass(leaseTtlMs * 2);
    const told = (await gone).flat().map(({ kind, key }) => [kind, key]);
    assert.deepEqual(told.sort(), [
      ['delete', `${root}a`],
      ['delete', `${root}b`],
    ]);
    assert.deepEqual(Object.keys(await values(store, root)), ['c']);
    assert.equal(await lease.keepAlive(), false);
    stop.abort();
  });

  check('a lease that is given back takes its keys with it, but none that was put anew without it', async (store, root) => {
    const lease = await store.lease(60_000);
    await made(store, putLeased(`${root}a`, lease.id), putLeased(`${root}b`, lease.id));
    await made(store, put(`${root}b`, 'mine now'));
    await lease[Symbol.asyncDispose]();
    assert.deepEqual(await values(store, root), { b: 'mine now' });
    assert.equal(await lease.keepAlive(), false);
  });

  check('a put with a lease that is gone is refused, and nothing is changed', async (store, root) => {
    const lease = await store.lease(60_000);
    await lease[Symbol.asyncDispose]();
    const changes = [put(`${root}a`, 'x'), putLeased(`${root}b`, lease.id)];
    await assert.rejects(store.commit({ changes }), { code: 'FAIRLEAD_STORE_LEASE_GONE' });
    assert.deepEqual(await values(store, root), {});
  });

  check('after a restart everything is there, revisions go on, and leases get their time anew', async (store, root, subject) => {
    if (subject.reopen === undefined) return;
    const { leaseTtlMs, pass } = subject;
    const lease = await store.lease(leaseTtlMs);
    await made(store, put(`${root}a`, 'one'), putLeased(`${root}b`, lease.id));
    const before = await store.list(root);
    await pass(leaseTtlMs * 0.7);
    const again = await subject.reopen();
    const after = await again.list(root);
    assert.deepEqual(after.entries, before.entries);
    assert.ok(after.revision >= before.revision);
    assert.ok((await made(again, put(`${root}c`, 'x'))) > before.revision);
    await pass(leaseTtlMs * 0.7);
    assert.deepEqual(Object.keys(await values(again, root)), ['a', 'b', 'c']);
    const stop = new AbortController();
    const gone = take(again.watch(`${root}b`, after.revision, stop.signal), 1);
    await pass(leaseTtlMs * 2);
    assert.deepEqual(
      (await gone).flat().map(({ kind }) => kind),
      ['delete'],
    );
    stop.abort();
  });
}

const put = (key: string, value: string): Change => ({ kind: 'put', key, value });
const putLeased = (key: string, leaseId: string): Change => ({ kind: 'put', key, value: 'leased', leaseId });
const remove = (key: string): Change => ({ kind: 'delete', key });

/** The revision of a commit that must succeed. */
async function made(store: Store, ...changes: readonly Change[]): Promise<number> {
  const result = await store.commit({ changes });
  assert.ok(result.ok, 'no condition, no conflict');
  return result.revision;
}

/** Values by the rest of their key. */
async function values(store: Store, prefix: string): Promise<Readonly<Record<string, string>>> {
  const { entries, more } = await store.list(prefix);
  assert.equal(more, false);
  return Object.fromEntries(entries.map(({ key, value }) => [key.slice(prefix.length), value]));
}

/** The first `count` commits of a watch; fewer when it ends before. */
async function take(watch: AsyncIterable<readonly StoreEvent[]>, count: number): Promise<(readonly StoreEvent[])[]> {
  const seen: (readonly StoreEvent[])[] = [];
  for await (const events of watch) {
    seen.push(events);
    if (seen.length === count) break;
  }
  return seen;
}
