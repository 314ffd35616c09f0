import assert from 'node:assert/strict';
import test from 'node:test';
import { type CaseResult, describeDisagreement, runRandom } from './random/run.ts';
import { availableEngines, ensureLab } from './setup.ts';
import { errorTexts } from './truth-table/error-texts.ts';
import { type Judged, judge } from './truth-table/report.ts';
import { measure } from './truth-table/run.ts';
import { measureErrorTexts } from './truth-table/run-error-texts.ts';
import { truthTable } from './truth-table.ts';

const lab = await ensureLab((line) => process.stderr.write(`lab: ${line}\n`));
const available = availableEngines(lab);
const silent = () => undefined;

/** Of each version four, so that a dozen run where three versions are to be had. */
const topologiesPerVersion = 4;

for (const [version, engine] of Object.entries(lab.engines)) {
  const reason = !lab.system.available ? lab.system.reason : engine.available ? undefined : engine.reason;
  const options = reason === undefined ? {} : { skip: reason };

  test(`Docker ${version} does what the truth table and the model say`, options, async () => {
    const measured = await measure(version, truthTable, silent);
    const judged = measured.map(judge);
    assert.ok(judged.length > 400);
    assert.deepEqual(judged.flatMap(complaint), []);
    assert.ok(measured.filter((one) => one.predicted !== undefined).length > 300, 'the model was consulted');
  });

  test(`Docker ${version} refuses with the words that are in the table`, options, async () => {
    const texts = await measureErrorTexts(version, errorTexts, silent);
    assert.deepEqual(
      texts.filter((one) => !one.agrees).map((one) => `${one.row.id}: ${one.said}`),
      [],
    );
  });
}

test('random topologies behave as the model says', { skip: available.length === 0 ? 'no engine is available' : false }, async (context) => {
  const seed = process.env.FAIRLEAD_LAB_SEED ?? 'everyday';
  context.diagnostic(`seed ${seed}`);
  const results: CaseResult[] = [];
  for (const version of available) {
    await runRandom({ version, count: topologiesPerVersion, seed: `${seed}-${version}`, onCase: (result) => results.push(result) });
  }
  assert.equal(results.length, topologiesPerVersion * available.length);
  assert.ok(results.every((result) => result.compared > 0 && result.refused.length === 0));
  assert.deepEqual(results.filter((result) => result.disagreements.length > 0).map(describeDisagreement), []);
});

function complaint({ measured, againstTable, againstModel }: Judged): readonly string[] {
  const said = [againstTable, againstModel].filter((one) => one !== undefined);
  return said.length === 0 ? [] : [`${measured.row.id}: ${measured.outcome}, ${said.join(', ')}`];
}
