import { proofSummary, proofTable } from './report.ts';
import { type Proof, proveAll } from './run.ts';

/** Engines that run side by side: a machine with two cores has most of its time to wait. */
const enginesAtOnce = 2;

/** `npm run lab -- fixes`: every fix on every version; returns the exit code. */
export async function fixes(versions: readonly string[], only: string | undefined, log: (line: string) => void): Promise<number> {
  const proofs: Proof[] = [];
  for (const version of versions) proofs.push(...(await proveAll(version, enginesAtOnce, log, only)));
  process.stdout.write(`${proofTable(proofs)}\n\n${proofSummary(proofs)}\n`);
  return proofs.some((proof) => proof.faults.length > 0) ? 1 : 0;
}
