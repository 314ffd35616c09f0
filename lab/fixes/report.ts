import type { Proof } from './run.ts';

/** Rule × example × before (model, real) × after (model, real). */
export function proofTable(proofs: readonly Proof[]): string {
  const head = ['fault', 'Docker', 'fix', 'before: asked', 'model', 'real', 'after: asked', 'model', 'real', ''];
  const rows = proofs.map(({ id, version, fix, before, after, skipped, faults }) => {
    const verdict = faults.length > 0 ? `!! ${faults.join('; ')}` : skipped === undefined ? 'works' : `not run: ${skipped}`;
    const sides = [before, after].flatMap((side) => [side?.question ?? '', side?.model ?? '', side?.real ?? '']);
    return [id, version, fix, ...sides, verdict];
  });
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n');
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

export function proofSummary(proofs: readonly Proof[]): string {
  const run = proofs.filter(({ skipped, faults }) => skipped === undefined && faults.length === 0).length;
  const wrong = proofs.filter(({ faults }) => faults.length > 0).length;
  const left = proofs.length - run - wrong;
  return `${run} fixes tried on real engines and found to work, ${wrong} wrong, ${left} not run (each with its reason)`;
}
