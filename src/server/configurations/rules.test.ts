import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentRecord, AssignmentRecord, HeadRecord, QuarantineRecord, RolloutRecord, VersionRecord } from './records.ts';
import { resolve, rulesOf } from './rules.ts';

const stamp = { updatedAtMs: 0, updatedBy: 'ada' };
const version = (number: number): VersionRecord => ({
  ...{ name: 'edge', version: number, hash: `h${number}`, files: [], createdAtMs: 0, createdBy: 'ada', note: '' },
});
const assignment = (to: number | 'latest'): AssignmentRecord => ({
  ...{ name: 'all', selector: '', priority: 1, configuration: 'edge', version: to, ...stamp },
});
const head: HeadRecord = { name: 'edge', kind: 'x', latest: 4, released: 3, ...stamp };
const rollout: RolloutRecord = {
  ...{ id: '1', configuration: 'edge', fromVersion: 3, toVersion: 4, fromHash: 'h3', toHash: 'h4', stages: [{ kind: 'all' as const }] },
  gate: { minHealthyMs: 0, maxFailed: 0, maxUnhealthy: 0, applyTimeoutMs: 1_000 },
  ...{
    state: 'running' as const,
    stage: 0,
    thresholds: [1],
    startedAtMs: 0,
    startedBy: 'ada',
    stageStartedAtMs: 0,
    reason: '',
    history: [],
  },
};
const banned = (hash: string): QuarantineRecord => ({ hash, configuration: 'edge', version: 0, reason: 'bad', sinceMs: 0 });
const own = (good: readonly number[], bad: readonly number[]): AgentRecord => ({
  uid: 'a',
  good: good.map((number) => ({ name: 'edge', version: number, hash: `h${number}` })),
  bad: bad.map((number) => ({ name: 'edge', version: number, hash: `h${number}`, reason: 'no', sinceMs: 0 })),
});

interface Case {
  readonly to?: number | 'latest';
  readonly rollout?: Partial<RolloutRecord>;
  readonly quarantine?: readonly string[];
  readonly own?: AgentRecord;
  readonly desired: number | undefined;
  readonly because: string;
}

const all = 'assignment "all" (priority 1)';
const cases: Readonly<Record<string, Case>> = {
  'latest is the released version': { desired: 3, because: all },
  'a number is that version': { to: 2, desired: 2, because: all },
  'a version that is not there gives none': { to: 9, desired: undefined, because: `${all}: there is no edge 9` },
  'a stage gives the new version': { rollout: {}, desired: 4, because: `${all}, rollout 1 stage all` },
  'a rollout that ended gives nothing': { rollout: { state: 'rolled-back' }, desired: 3, because: all },
  'a rollout is about the version that it starts from': { rollout: {}, to: 2, desired: 2, because: all },
  'a stage that does not take it leaves the old version': { rollout: { thresholds: [0] }, desired: 3, because: all },
  'what the fleet must not get is not given by a rollout': {
    ...{ rollout: {}, quarantine: ['h4'], desired: 3, because: `${all}; version 4 is in quarantine` },
  },
  'what the fleet must not get is not given by an assignment': {
    ...{ quarantine: ['h3'], desired: 2, because: `${all}; version 3 is in quarantine, back to version 2` },
  },
  'several in quarantine are passed over': {
    ...{ quarantine: ['h3', 'h2'], desired: 1, because: `${all}; version 3 is in quarantine, back to version 1` },
  },
  'the version that it was well with comes before the newest': {
    ...{ own: own([3, 1], [3]), desired: 1, because: `${all}; version 3 is in quarantine, back to version 1` },
  },
  'a good version of other content under the same number does not count': {
    ...{ own: { ...own([], [3]), good: [{ name: 'edge', version: 1, hash: 'other' }] }, desired: 2 },
    because: `${all}; version 3 is in quarantine, back to version 2`,
  },
  'an agent that failed with both versions of a rollout gets an older one': {
    ...{ rollout: {}, own: own([], [3, 4]), desired: 2 },
    because: `${all}; version 4 is in quarantine; version 3 is in quarantine, back to version 2`,
  },
  'where nothing is left it keeps what it has': {
    ...{ to: 1, own: own([], [1]), desired: undefined },
    because: `${all}; version 1 is in quarantine, and no other one is left: it keeps what it has`,
  },
};

for (const [name, { to = 'latest', rollout: change, quarantine = [], own: record, desired, because }] of Object.entries(cases))
  test(name, () => {
    const rules = rulesOf({
      heads: new Map([['edge', head]]),
      versions: new Map([['edge', new Map([1, 2, 3, 4].map((number) => [number, version(number)]))]]),
      assignments: new Map([['all', assignment(to)]]),
      rollouts: new Map(change === undefined ? [] : [['1', { ...rollout, ...change }]]),
      quarantine: new Map(quarantine.map((hash) => [hash, banned(hash)])),
    });
    const found = resolve(rules, { uid: 'a', labels: {}, acceptsConfig: true }, record);
    assert.deepEqual([found.desired?.version, found.because], [desired, because]);
    assert.equal(resolve(rules, { uid: 'a', labels: {}, acceptsConfig: false }, record).desired, undefined);
  });
