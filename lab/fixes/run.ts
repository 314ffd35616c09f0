import type { Question, Symptom } from '../../src/network/answer.ts';
import type { EverydayCase, ExpectedAnswer } from '../../test/everyday/cases.ts';
import { startEngine } from '../engine.ts';
import { type FaultyFiles, faultyFiles } from './cases.ts';
import { applyFix, type Offer, offersOf, type Reading, read } from './judge.ts';
import { makePeerRuntime } from './peer-runtime.ts';
import { notDialled, trialOf } from './questions.ts';
import { admitted, askBoth, type Bench, type Side, tryOut } from './try-out.ts';

/** One fix of one example on one engine: what the model said and what happened, before and after. */
export interface Proof {
  readonly id: string;
  readonly version: string;
  readonly fix: string;
  readonly before: Side | undefined;
  readonly after: Side | undefined;
  /** Why it was not run. */
  readonly skipped?: string;
  /** What is wrong; empty when reality agrees and the fix works. */
  readonly faults: readonly string[];
}

/** All faults on engines of one version, several at a time: what a case waits for, another one can use. */
export async function proveAll(version: string, engines: number, log: (line: string) => void, only?: string): Promise<readonly Proof[]> {
  const queue = faultyFiles().filter(({ id }) => only === undefined || id.startsWith(only));
  const proofs: Proof[] = [];
  using runtime = await makePeerRuntime();
  await Promise.all(
    Array.from({ length: Math.min(engines, queue.length) }, async () => {
      await using engine = await startEngine({ version, daemonArgs: runtime.daemonArgs });
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const started = performance.now();
        proofs.push(...(await proveOne({ engine, runtime }, next)));
        log(`${version} ${next.id}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
      }
    }),
  );
  return proofs.sort((a, b) => a.id.localeCompare(b.id, undefined, { numeric: true }));
}

async function proveOne(bench: Bench, files: FaultyFiles): Promise<readonly Proof[]> {
  const { version } = bench.engine;
  const skip = (skipped: string, fix = '', faults: readonly string[] = []): Proof => ({
    id: files.id,
    version,
    fix,
    before: undefined,
    after: undefined,
    skipped,
    faults,
  });
  const why = notDialled[files.ruleId];
  if (why !== undefined) return [skip(why)];
  const reading = read(files, version);
  if (reading === undefined)
    return [skip(`needs another engine: ${[...files.host].map(([word, [value]]) => `${word}=${value}`).join(' ')}`)];
  const everyday = await answersOf(bench, reading);
  if (files.ruleId === '') return everyday;
  const { findings, offers } = offersOf(reading, version);
  if (findings.length === 0) return [skip('', '', [`${files.ruleId} does not speak on ${version}`])];
  if (offers.length === 0) return [skip('no fix is offered')];
  const proofs: Proof[] = [...everyday];
  for (const offer of offers) {
    const mended = mend(reading, offer, version);
    const trial = mended === undefined ? 'the fix is told in words only' : trialOf(offer, reading, mended);
    if (mended === undefined || typeof trial === 'string') proofs.push(skip(String(trial), offer.fix.title));
    else proofs.push({ id: files.id, version, fix: offer.fix.title, ...(await tryOut(bench, offer, trial, reading, mended)) });
  }
  return proofs;
}

/** What the links of an everyday case do, and its questions. */
async function answersOf(bench: Bench, reading: Reading): Promise<readonly Proof[]> {
  const { files, model, reach } = reading;
  const { everyday } = files;
  if (everyday === undefined) return [];
  const certain = ({ verdict, symptom }: ExpectedAnswer): { readonly certain?: Symptom } =>
    verdict === 'reachable' || verdict === 'unreachable' ? { certain: symptom } : {};
  const links = model.links.flatMap((link) => {
    const question = reach.questionOf(link);
    const expected = everyday.links.find(({ to }) => to === link.raw);
    return question === undefined ? [] : [{ question, ...(expected === undefined ? {} : certain(expected)) }];
  });
  const asked = everyday.asked.map((one) => ({ question: questionTo(one), ...certain(one) }));
  const tried = await askBoth(bench, reading, [...links, ...asked]);
  return [{ id: files.id, version: bench.engine.version, fix: '', after: undefined, ...tried }];
}

function questionTo({ from, to }: EverydayCase['asked'][number]): Question {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(to) ?? [];
  return { from, host, port: Number(port), transport: 'tcp' };
}

/** The files after the fix. The host's firewall is no file: its fix is a command for the host, read from the title. */
function mend(reading: Reading, { fix }: Offer, version: string): Reading | undefined {
  if (fix.edits.length > 0) return read(applyFix(reading.files, fix), version);
  if (admitted(fix) === undefined) return undefined;
  const host = new Map([...reading.files.host].filter(([word]) => word !== 'host-firewall'));
  return read({ ...reading.files, host }, version);
}
