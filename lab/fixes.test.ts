import assert from 'node:assert/strict';
import test from 'node:test';
import { proofTable } from './fixes/report.ts';
import { proveAll } from './fixes/run.ts';
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
