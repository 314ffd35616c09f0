/** `npm run soak [-- --rounds 1000 --seed 1]` */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { soak } from './run.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '1000' }, seed: { type: 'string' } } });
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e6));
const dir = await mkdtemp(join(tmpdir(), 'fairlead-soak-'));
console.log(`soak: ${values.rounds} rounds, seed ${seed}, in ${dir}`);
const report = await soak({
  ...{ dir, rounds: Number(values.rounds), seed, lifeMs: 2_500, patienceMs: 120_000 },
  progress: (round, line) => {
    if (round % 10 === 0) console.log(`${round}: ${line}`);
  },
});
console.log(JSON.stringify(report, undefined, 2));
if (report.faults.length === 0 && report.spoolDamaged === 0) await rm(dir, { recursive: true });
else {
  console.log(`everything is kept in ${dir}`);
  process.exitCode = 1;
}
