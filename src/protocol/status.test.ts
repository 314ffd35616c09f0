import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  applyStatuses,
  fromConnectionSettingsStatus,
  fromRemoteConfigStatus,
  packageStatusText,
  toConnectionSettingsStatus,
  toRemoteConfigStatus,
} from './status.ts';

test('words and numbers are those of the specification, both ways', () => {
  assert.deepEqual(applyStatuses.map(toRemoteConfigStatus), [0, 1, 2, 3]);
  assert.deepEqual(applyStatuses.map(toConnectionSettingsStatus), [0, 1, 2, 3]);
  assert.deepEqual([0, 1, 2, 3].map(fromRemoteConfigStatus), applyStatuses);
  assert.deepEqual([0, 1, 2, 3].map(fromConnectionSettingsStatus), applyStatuses);
});

test('a status of the future says nothing', () => {
  assert.equal(fromRemoteConfigStatus(17), 'unset');
  assert.equal(fromConnectionSettingsStatus(-1), 'unset');
  assert.equal(packageStatusText(4), 'downloading');
  assert.equal(packageStatusText(17), 'status 17');
});
