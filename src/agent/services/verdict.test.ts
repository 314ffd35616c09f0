import assert from 'node:assert/strict';
import test from 'node:test';
import type { ServiceReport } from '../../protocol/services.ts';
import { servicesDifference } from './difference.ts';
import { judgeService, notChecked } from './verdict.ts';

test('a passing service is critical after enough failures in a row, and back at once', () => {
  const rows: readonly (readonly [seen: string, statuses: string])[] = [
    ['p', 'p'],
    ['c', 'c'],
    ['pc', 'pp'],
    ['pcc', 'ppc'],
    ['pcpc', 'pppp'],
    ['pwc', 'pww'],
    ['wcc', 'wwc'],
    ['ccp', 'ccp'],
    ['pccp', 'ppcp'],
  ];
  const words = { p: 'passing', w: 'warning', c: 'critical' } as const;
  for (const [seen, expected] of rows) {
    let verdict = notChecked(0);
    const statuses = [...seen].map((letter, index) => {
      // The rows hold no other letters.
      verdict = judgeService(verdict, { status: words[letter as 'p' | 'w' | 'c'], output: letter }, 2, index);
      return verdict.status[0];
    });
    assert.equal(statuses.join(''), expected, seen);
  }
});

const service = (id: string, status: ServiceReport['check']['status'] = 'passing', more: Partial<ServiceReport> = {}): ServiceReport => ({
  ...{ id, name: id, address: '192.0.2.10', port: 80, tags: [], meta: {}, check: { status, output: '', sinceMs: 0 } },
  ...more,
});

test('the server hears everything once, then what differs, and nothing when only an output does', () => {
  assert.deepEqual(servicesDifference(undefined, []), { full: true, services: [], removed: [] });
  const before = [service('a'), service('b'), service('c')];
  assert.equal(servicesDifference(before, [service('a'), service('b'), service('c')]), undefined);
  assert.equal(
    servicesDifference([service('a')], [service('a', 'passing', { check: { status: 'passing', output: '200 OK', sinceMs: 0 } })]),
    undefined,
  );
  const now = [service('a', 'critical'), service('b'), service('d', 'passing', { port: 81 })];
  assert.deepEqual(servicesDifference(before, now), { full: false, services: [now[0], now[2]], removed: ['c'] });
});
