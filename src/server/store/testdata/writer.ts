/**
 * A server that only writes: commits pairs of keys to the database of its first argument, numbered from the second on, sixteen at a
 * time, and says `number revision` on standard output once a commit is acknowledged; `no CODE` when one is refused.
 */
import { writeSync } from 'node:fs';
import { systemClock } from '../../../core/clock.ts';
import { FairleadError } from '../../../core/errors.ts';
import { openSqliteStore } from '../sqlite.ts';

const [path = '', first = '0', last = 'Infinity'] = process.argv.slice(2);
let next = Number(first);

try {
  await using store = await openSqliteStore({ path, clock: systemClock });
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (next < Number(last)) {
        const number = next++;
        const value = `${number} ${'x'.repeat((number * 7919) % 3_000)}`;
        const changes = ['a', 'b'].map((key) => ({ kind: 'put', key: `w/${number}/${key}`, value }) as const);
        const result = await store.commit({ changes }).catch(refused);
        if (result?.ok) say(`${number} ${result.revision}`);
      }
    }),
  );
  say('done');
} catch (thrown) {
  refused(thrown);
}

function refused(thrown: unknown): undefined {
  say(`no ${thrown instanceof FairleadError ? `${thrown.code} ${thrown.message}` : String(thrown)}`);
}

/** At once, whatever happens to the process next. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}
