import assert from 'node:assert/strict';
import test from 'node:test';
import { truthTable } from '../truth-table.ts';
import { errorTexts } from './error-texts.ts';
import { judge, tableText } from './report.ts';
import type { Measured } from './run.ts';
import type { Group, Row } from './types.ts';

test('every row has an identifier of its own', () => {
  for (const ids of [truthTable.flatMap((group) => group.rows.map((row) => row.id)), errorTexts.map((row) => row.id)]) {
    assert.deepEqual(
      ids.filter((id, index) => ids.indexOf(id) !== index),
      [],
    );
    assert.ok(ids.length > 30);
  }
});

test('every row dials from and to what its topology has', () => {
  for (const group of truthTable) {
    const containers = new Set(group.topology.containers.map((one) => one.name));
    const networks = new Set([...group.topology.networks.map((one) => one.name), 'bridge']);
    for (const { id, question, by } of group.rows) {
      if ('container' in question.from) assert.ok(containers.has(question.from.container), id);
      if (question.to.kind === 'container') assert.ok(containers.has(question.to.container) && networks.has(question.to.network), id);
      if (question.to.kind === 'gateway') assert.ok(networks.has(question.to.network), id);
      if (by !== undefined) assert.ok(containers.has(by) || by === 'host' || by === 'remote', id);
    }
  }
});

test('every numbered row of the published truth table has at least one row here', () => {
  const sources = new Set(truthTable.flatMap((group) => group.rows.map((row) => row.source)));
  for (let number = 1; number <= 19; number++) assert.ok(sources.has(`T${number}`), `row ${number}`);
});

test('an engine that does something else than the table is marked, and so is an answer from the wrong container', () => {
  const [group, row] = firstRow();
  const measured = { group, row, version: '28.5', predicted: undefined } as const;
  const agreeing = judge(withOutcome(measured, 'ok', row.by ?? ''));
  assert.equal(agreeing.againstTable, undefined);
  assert.match(judge(withOutcome(measured, 'timeout', '')).againstTable ?? '', /table: ok/);
  assert.match(judge(withOutcome(measured, 'ok', 'stranger')).againstTable ?? '', /by web, was stranger/);
  assert.match(tableText([{ ...group, rows: [row] }], ['28.5'], [judge(withOutcome(measured, 'timeout', ''))]), /timeout !! table: ok/);
});

test('a model that says another symptom or stays undecided is marked', () => {
  const [group, row] = firstRow();
  const measured = { group, row, version: '28.5' } as const;
  const model = (verdict: 'reachable' | 'ambiguous', symptom: 'ok' | 'timeout') =>
    judge(withOutcome({ ...measured, predicted: { verdict, symptom, symptoms: [symptom] } }, 'ok', row.by ?? '')).againstModel;
  assert.equal(model('reachable', 'ok'), undefined);
  assert.match(model('reachable', 'timeout') ?? '', /model: reachable timeout/);
  assert.match(model('ambiguous', 'timeout') ?? '', /model: ambiguous/);
});

function firstRow(): readonly [Group, Row] {
  const group = truthTable[0];
  const row = group?.rows[0];
  assert.ok(group !== undefined && row !== undefined && row.by === 'web');
  return [group, row];
}

function withOutcome(
  measured: Omit<Measured, 'outcome' | 'answeredBy' | 'result'>,
  outcome: Measured['outcome'],
  answeredBy: string,
): Measured {
  const attempt = { address: '', outcome, phase: 'connect', code: '', answeredBy, seenAs: '', ms: 1 } as const;
  return { ...measured, outcome, answeredBy, result: { ...attempt, attempts: [] } };
}
