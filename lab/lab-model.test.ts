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

  test(`Docker ${version} does what the truth table and the model say`, options, async (context) => {
    const measured = await measure(version, truthTable, silent);
    const judged = measured.map(judge);
    assert.ok(judged.length > 400);
    const doubtful = judged.filter((one) => complaint(one).length > 0);
    if (doubtful.length > 0) context.diagnostic(`looked at twice: ${doubtful.flatMap(complaint).join('; ')}`);
    assert.deepEqual(await confirmed(version, doubtful), []);
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
    const options = { version, count: topologiesPerVersion, seed: `${seed}-${version}`, onCase: silent };
    for (const result of await runRandom(options)) {
      const number = Number(result.case.seed.slice(result.case.seed.lastIndexOf('/') + 1));
      const doubtful = result.disagreements.length > 0;
      if (doubtful) context.diagnostic(`looked at twice: ${describeDisagreement(result)}`);
      results.push(...(doubtful ? await runRandom({ ...options, only: number }) : [result]));
    }
  }
  assert.equal(results.length, topologiesPerVersion * available.length);
  assert.ok(results.every((result) => result.compared > 0 && result.refused.length === 0));
  assert.deepEqual(results.filter((result) => result.disagreements.length > 0).map(describeDisagreement), []);
});

/**
 * What differs again when its group is realised anew. A machine that is busy with other things lets a probe time out
 * now and then; what the engine or the model really does is there the second time as well.
 */
async function confirmed(version: string, doubtful: readonly Judged[]): Promise<readonly string[]> {
  const groups = [...new Set(doubtful.map(({ measured }) => measured.group))];
  if (groups.length === 0) return [];
  const rows = new Set(doubtful.map(({ measured }) => measured.row.id));
  const again = (await measure(version, groups, silent)).map(judge);
  assert.ok(
    [...rows].every((id) => again.some(({ measured }) => measured.row.id === id)),
    'every doubtful row is measured again',
  );
  return again.filter(({ measured }) => rows.has(measured.row.id)).flatMap(complaint);
}

function complaint({ measured, againstTable, againstModel }: Judged): readonly string[] {
  const said = [againstTable, againstModel].filter((one) => one !== undefined);
  return said.length === 0 ? [] : [`${measured.row.id}: ${measured.outcome}, ${said.join(', ')}`];
}
