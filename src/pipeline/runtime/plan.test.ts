import assert from 'node:assert/strict';
import test from 'node:test';
import { pipelineSettings } from '../settings.ts';
import { changeOf, planOf } from './plan.ts';

const settings = (written: object) => pipelineSettings.parse(written);
const app = { type: 'file', path: '/var/log/app.log' };
const archive = { type: 'file', path: '/srv/{source}.log' };

test('without routes every source goes through every transform to every sink', () => {
  const plan = planOf(
    settings({ sources: { app, other: app }, transforms: { calm: { type: 'filter', drop: 'level == "debug"' } }, sinks: { archive } }),
  );
  assert.deepEqual(
    plan.routes.map(({ from, through, to }) => ({ from, through: through.map(({ name }) => name), to })),
    [{ from: ['app', 'other'], through: ['calm'], to: ['archive'] }],
  );
});

test('what did not change is kept, whatever the order in which it is written', () => {
  const before = planOf(settings({ sources: { a: app, b: app, c: app }, sinks: { archive } }));
  const after = planOf(settings({ sources: { d: app, b: { ...app, tags: ['x'] }, a: app }, sinks: { archive } }));
  const { kept, added, changed, removed } = changeOf(before.sources, after.sources);
  const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);
  assert.deepEqual([names(kept), names(added), names(changed), removed], [['a'], ['d'], ['b'], ['c']]);
  assert.deepEqual(names(changeOf(before.sinks, after.sinks).kept), ['archive']);
});

test('a route that names what is not there is an error that says what is there', () => {
  const parsed = pipelineSettings.safeParse({ sources: { app }, sinks: { archive }, routes: [{ from: 'appp', to: 'archive' }] });
  assert.match(parsed.error?.issues[0]?.message ?? '', /there is no source "appp"; there are app/);
});
