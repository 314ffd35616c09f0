import assert from 'node:assert/strict';
import test from 'node:test';
import { startEngine } from './engine.ts';
import { faultyFiles } from './fixes/cases.ts';
import { offersOf, read } from './fixes/judge.ts';
import { makePeerRuntime } from './fixes/peer-runtime.ts';
import { trialOf } from './fixes/questions.ts';
import { proofTable } from './fixes/report.ts';
import { proveAll } from './fixes/run.ts';
import { tryOut } from './fixes/try-out.ts';
import { availableEngines, ensureLab } from './setup.ts';

const lab = await ensureLab((line) => process.stderr.write(`lab: ${line}\n`));
const version = availableEngines(lab).at(-1);
const skip = version !== undefined ? false : lab.system.available ? 'no engine is available' : lab.system.reason;

/** Fewer would mean that examples got lost on their way here: the pages, the planted faults and the everyday cases hold more than these. */
const triedAtLeast = 75;

test(`on Docker ${version}, each fix of a planted fault turns the real connection, and the model says the same before and after`, {
  skip,
}, async () => {
  const proofs = await proveAll(version ?? '', 3, () => undefined);
  const wrong = proofs.filter(({ faults }) => faults.length > 0);
  assert.equal(wrong.length, 0, `\n${proofTable(wrong)}`);
  const tried = proofs.filter(({ skipped }) => skipped === undefined);
  assert.ok(tried.length >= triedAtLeast, `only ${tried.length} were tried`);
  for (const { id, skipped } of proofs) assert.notEqual(skipped, '', `${id} says why it was not run`);
});

test('a fix that changes nothing is found not to work', { skip }, async () => {
  const files = faultyFiles().find(({ ruleId }) => ruleId === 'R06');
  const reading = files === undefined ? undefined : read(files, version ?? '');
  assert.ok(reading !== undefined);
  const [offer] = offersOf(reading, version ?? '').offers;
  assert.ok(offer !== undefined);
  const trial = trialOf({ ...offer, plan: undefined }, reading, reading);
  assert.ok(typeof trial !== 'string');
  using runtime = await makePeerRuntime();
  await using engine = await startEngine({ version: version ?? '', daemonArgs: runtime.daemonArgs });
  const tried = await tryOut({ engine, runtime }, offer, trial, reading, reading);
  assert.deepEqual(tried.faults, ['after: refused, model unreachable']);
});
