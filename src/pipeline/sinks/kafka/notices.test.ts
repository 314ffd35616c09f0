import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../../core/manual-clock.ts';
import type { Log } from '../../../observe/log.ts';
import { Notices } from './notices.ts';

test('what is wrong is said when it begins, once a minute when the words change, and when it is over', () => {
  const said: string[] = [];
  const log: Log = { event: (name, fields = {}) => void said.push(`${name} ${fields.reason ?? fields.forMs}`), with: () => log };
  const clock = manualClock();
  const notices = new Notices(clock, log);
  const begin = (reason: string) => notices.begin('x', reason, 'pipeline.kafka.unreachable', {});
  for (const reason of ['refused', 'refused', 'dropped', 'refused']) begin(reason);
  assert.deepEqual(said, ['pipeline.kafka.unreachable refused']);
  clock.advance(60_000);
  begin('dropped');
  begin('dropped');
  assert.equal(notices.reasonOf('x'), 'dropped');
  assert.equal(notices.firstOf(''), 'dropped');
  notices.end('x', 'pipeline.kafka.metadata-again');
  notices.end('x', 'pipeline.kafka.metadata-again');
  assert.equal(notices.reasonOf('x'), undefined);
  assert.deepEqual(said.slice(1), ['pipeline.kafka.unreachable dropped', 'pipeline.kafka.metadata-again 60000']);
});
