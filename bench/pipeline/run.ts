/** `npm run bench -- pipeline [case…] [--runs N] [--bytes N] [--hour] [--dry] [--built]` */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { busyness, machine, withResults } from '../report.ts';
import { type Case, cases } from './cases.ts';
import { type Lines, lineFile } from './data.ts';
import { flat } from './flat.ts';
import { idle } from './idle.ts';
import { benchKernel } from './kernel.ts';
import { latency } from './latency.ts';
import { type Run, race } from './race.ts';
import { spoolStart } from './spool-start.ts';
import { type Row, raceHead, raceRows, rowHead, rowText, summaryOf } from './table.ts';
import { countArriving, verify } from './verify.ts';

const root = join(import.meta.dirname, '..', '..');
const page = join(root, 'bench', 'README.md');
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '3' },
    bytes: { type: 'string', default: '1000000000' },
    hour: { type: 'boolean', default: false },
    dry: { type: 'boolean', default: false },
    built: { type: 'boolean', default: false },
  },
});

const measures: Readonly<Record<string, (lines: Lines) => Promise<readonly Row[]>>> = {
  latency,
  idle,
  flat: (lines) => flat(options.hour ? 60 : 2, lines),
  'spool-start': spoolStart,
};
const names = ['kernel', ...cases.map(({ name }) => name), ...Object.keys(measures)];
const unknown = positionals.find((name) => !names.includes(name));
if (unknown !== undefined) {
  process.stderr.write(`no case ${unknown}; there are ${names.join(', ')}\n`);
  process.exitCode = 2;
} else await main(positionals.length === 0 ? names : positionals);

async function main(wanted: readonly string[]): Promise<void> {
  const busy = busyness();
  if (!options.built && wanted.some((name) => name !== 'kernel')) build();
  const lines = lineFile(Number(options.bytes));
  const blocks: string[] = [];
  const raced: string[] = [];
  for (const one of cases.filter(({ name }) => wanted.includes(name))) raced.push(...(await raceAll(one, lines)));
  if (raced.length > 0) blocks.push([...raceHead, ...raced].join('\n'));
  const rows: string[] = [];
  for (const [name, measure] of Object.entries(measures)) if (wanted.includes(name)) rows.push(...(await measure(lines)).map(tell));
  if (rows.length > 0) blocks.push([...rowHead, ...rows].join('\n'));
  if (wanted.includes('kernel')) blocks.push(await benchKernel());
  const text = `\n${head(lines, busy)}\n\n${blocks.join('\n\n')}\n`;
  process.stdout.write(text);
  if (text.includes('**no**')) process.exitCode = 1;
  // Some of the cases are no whole page.
  if (!options.dry && wanted.length === names.length) writeFileSync(page, withResults(readFileSync(page, 'utf8'), text, 'pipeline'));
}

function build(): void {
  const done = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { stdio: 'inherit' });
  if (done.status !== 0) throw new Error('the bundle could not be built');
}

function head({ lines, bytes }: Lines, busy: string): string {
  const file = `${(bytes / 1e9).toFixed(2)} GB, ${lines.toLocaleString('en')} JSON lines of ${Math.round(bytes / lines)} bytes`;
  const day = new Date().toISOString().slice(0, 10);
  const runs = `Median of ${options.runs} runs, lowest–highest in brackets, the programs in turns; peak memory is the highest of all runs.`;
  return `Measured on ${day}: ${machine()}. ${file}. ${runs}${busy === '' ? '' : `\n\n${busy}`}`;
}

/** All programs of a case in turns, so that a machine that gets slower or busier in between is unjust to none. */
async function raceAll(one: Case, whole: Lines): Promise<readonly string[]> {
  const racers = [
    { program: one.fairlead, lines: whole },
    ...(await Promise.all(
      one.peers.map(async ({ program, share }) => ({
        program: await program(),
        lines: share === 1 ? whole : lineFile(Math.floor(whole.bytes * share)),
      })),
    )),
  ];
  await verify(one);
  const expected: number[] = [];
  for (const { lines } of racers) expected.push(await countArriving(lines, one.becomes));
  const runs = racers.map((): Run[] => []);
  for (let run = 0; run < Number(options.runs); run++)
    for (const [index, { program, lines }] of racers.entries()) {
      const done = await race(program, lines.path, lines.lines, expected[index] ?? 0);
      process.stderr.write(
        `${done.program}: ${(done.lines / done.cpuSeconds / 1e6).toFixed(3)} M lines per CPU second, ${done.seconds.toFixed(2)} s, ${Math.round(done.peakMiB)} MiB\n`,
      );
      runs[index]?.push(done);
    }
  const [ours, ...theirs] = runs.map(summaryOf);
  if (ours === undefined) throw new Error(`nothing ran for ${one.name}`);
  const rows = raceRows(one, ours, theirs);
  process.stderr.write(`${rows.join('\n')}\n`);
  return rows;
}

function tell(row: Row): string {
  const text = rowText(row);
  process.stderr.write(`${text}\n`);
  return text;
}
