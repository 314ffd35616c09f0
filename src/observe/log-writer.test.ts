import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../core/manual-clock.ts';
import type { EventName } from './events/index.ts';
import { events } from './events/index.ts';
import type { Level } from './log.ts';
import type { LogFormat } from './log-writer.ts';
import { createLog } from './log-writer.ts';

function written(format: LogFormat, level: Level = 'debug') {
  const lines: string[] = [];
  const log = createLog({ level, format, clock: manualClock(Date.UTC(2026, 0, 1)), write: (line) => lines.push(line) });
  return { log, lines };
}

const named = (level: Level): EventName => {
  // The table's keys are its names.
  const found = (Object.keys(events) as EventName[]).find((name) => events[name].level === level);
  assert.ok(found !== undefined, `no event of level ${level}`);
  return found;
};

test('an event is one JSON object a line, with its name, its fields and what an error said', () => {
  const { log, lines } = written('json');
  log.with({ agent: 'a' }).event(named('warn'), { count: 3, nothing: undefined }, Object.assign(new Error('boom'), { code: 'EPIPE' }));
  const object: unknown = JSON.parse(lines[0] ?? '');
  assert.ok(typeof object === 'object' && object !== null);
  const { message, ...rest } = object as Record<string, unknown>;
  assert.equal(typeof message, 'string');
  assert.deepEqual(rest, {
    time: '2026-01-01T00:00:00.000Z',
    level: 'warn',
    event: named('warn'),
    agent: 'a',
    count: 3,
    error: 'boom',
    errorCode: 'EPIPE',
  });
});

test('a value from outside stays on its line and does not grow without bound', () => {
  const { log, lines } = written('text');
  log.event(named('warn'), { hostile: `a\n12:00 error forged \u001b[31m${'x'.repeat(5_000)}` });
  assert.equal(lines.length, 1);
  assert.equal(lines[0]?.indexOf('\n'), (lines[0]?.length ?? 0) - 1);
  assert.ok(!lines[0]?.includes('\u001b') && (lines[0]?.length ?? 0) < 2_500);
});

test('the level holds for all logs made from one', () => {
  const { log, lines } = written('text', 'warn');
  const child = log.with({ a: 1 });
  child.event(named('info'));
  assert.equal(lines.length, 0);
  log.setLevel('info');
  child.event(named('info'));
  assert.equal(lines.length, 1);
});

test('every event has a name of its area and a sentence without a full stop', () => {
  const names = Object.entries(events);
  assert.ok(names.length > 20);
  for (const [name, { sentence }] of names) {
    assert.match(name, /^[a-z]+(?:-[a-z]+)*(?:\.[a-z0-9-]+)+$/);
    assert.match(sentence, /[^.]$/, name);
  }
});
