import { parseArgs } from 'node:util';
import { chaos } from './control-plane/chaos.ts';
import { fixes } from './fixes/index.ts';
import { ensureCollector } from './otelcol/collector.ts';
import { type CaseResult, describeDisagreement, runRandom } from './random/run.ts';
import { availableEngines, ensureLab, type Lab } from './setup.ts';
import { errorTexts } from './truth-table/error-texts.ts';
import { errorTextsTable, judge, summaryText, tableText } from './truth-table/report.ts';
import { measure } from './truth-table/run.ts';
import { measureErrorTexts } from './truth-table/run-error-texts.ts';
import { truthTable } from './truth-table.ts';

const usage = `Asks real Docker engines, private ones, what the model is asked.

  npm run lab -- truth-table [--engine VERSION]… [--group NAME]… [--measure-only]
  npm run lab -- --topologies N [--seed TEXT] [--only K] [--engine VERSION]…
  npm run lab -- fixes [--engine VERSION]… [--only TEXT]
  npm run lab -- chaos [--full] [--only TEXT]
  npm run lab -- setup
  npm run lab -- collector    (builds an OpenTelemetry Collector for the tests of OTLP)

  --engine VERSION   20.10, 26.1, 28.5 …; all that the lab has when absent
  --group NAME       only this group of rows; \`error-texts\` is one
  --measure-only     print what the engines do; do not fail where the model says otherwise
  --topologies N     N random topologies, every question about each
  --seed TEXT        where the random choices come from; printed, so that a run can be repeated
  --only K           only the topology number K of the seed; with fixes, only those whose name starts so: R05, everyday;
                     with chaos, only files whose name starts so: network-cut
  --full             chaos in the times of real life, and what has no scaled form; minutes instead of seconds

Exit: 0 all agree, 1 something differs, 2 usage, 3 the lab is not available here.`;

const log = (line: string) => void process.stderr.write(`lab: ${line}\n`);

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const parsed = parse(argv);
  if (typeof parsed === 'string') {
    process.stderr.write(`${parsed}\n\n${usage}\n`);
    return 2;
  }
  const { values, positionals } = parsed;
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  if (positionals[0] === 'chaos') return chaos(values.full ?? false, values.only);
  if (positionals[0] === 'collector') return buildCollector();
  const lab = await ensureLab(log);
  const versions = values.engine ?? availableEngines(lab);
  const missing = versions.map((version) => whyNot(lab, version)).find((why) => why !== undefined);
  if (missing !== undefined || versions.length === 0) {
    process.stderr.write(`lab: ${missing ?? 'no Docker engine is available here'}\n`);
    return 3;
  }
  if (positionals[0] === 'setup') return 0;
  if (positionals[0] === 'fixes') return fixes(versions, values.only, log);
  if (values.topologies !== undefined)
    return randomTopologies(versions, Number(values.topologies), values.seed ?? String(Date.now()), values.only);
  return truthTables(versions, values.group, values['measure-only'] ?? false);
}

async function buildCollector(): Promise<number> {
  const built = await ensureCollector(log);
  log(built.available ? built.program : built.reason);
  return built.available ? 0 : 3;
}

function parse(argv: readonly string[]) {
  try {
    const parsed = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        engine: { type: 'string', multiple: true },
        group: { type: 'string', multiple: true },
        'measure-only': { type: 'boolean' },
        topologies: { type: 'string' },
        seed: { type: 'string' },
        only: { type: 'string' },
        full: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    const { topologies, only } = parsed.values;
    const command = parsed.positionals.join(' ');
    if (!['', 'truth-table', 'fixes', 'chaos', 'setup', 'collector'].includes(command)) return `unknown command "${command}"`;
    if (command === '' && topologies === undefined && !parsed.values.help)
      return 'say truth-table, fixes, chaos, setup, collector or --topologies N';
    if (!['fixes', 'chaos'].includes(command) && [topologies, only].some((text) => text !== undefined && !/^[1-9]\d*$/.test(text)))
      return '--topologies and --only take a positive number';
    return parsed;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function whyNot(lab: Lab, version: string): string | undefined {
  if (!lab.system.available) return lab.system.reason;
  const engine = lab.engines[version];
  if (engine === undefined) return `no Docker ${version}; there are ${Object.keys(lab.engines).join(', ')}`;
  return engine.available ? undefined : engine.reason;
}

async function truthTables(versions: readonly string[], only: readonly string[] | undefined, measureOnly: boolean): Promise<number> {
  const groups = truthTable.filter((group) => only === undefined || only.includes(group.id));
  const texts = only === undefined || only.includes('error-texts') ? errorTexts : [];
  const judged = [];
  const saidTexts = [];
  for (const version of versions) {
    const [rows, said] = await Promise.all([
      measure(version, groups, log),
      texts.length === 0 ? [] : measureErrorTexts(version, texts, log),
    ]);
    judged.push(...rows.map(judge));
    saidTexts.push(...said);
  }
  process.stdout.write(`${tableText(groups, versions, judged)}\n`);
  if (saidTexts.length > 0) process.stdout.write(`\n${errorTextsTable(saidTexts)}\n`);
  process.stdout.write(`\n${summaryText(judged, saidTexts)}\n`);
  const wrong = judged.some((one) => one.againstTable !== undefined || (!measureOnly && one.againstModel !== undefined));
  return wrong || saidTexts.some((one) => !one.agrees) ? 1 : 0;
}

async function randomTopologies(versions: readonly string[], count: number, seed: string, only: string | undefined): Promise<number> {
  log(`seed ${seed}`);
  const results: CaseResult[] = [];
  for (const version of versions) {
    const onCase = (result: CaseResult, done: number) => {
      results.push(result);
      if (result.disagreements.length > 0) process.stdout.write(`${describeDisagreement(result)}\n`);
      for (const refused of result.refused) process.stdout.write(`# seed ${result.case.seed}, Docker ${version}: ${refused}\n`);
      if (done % 10 === 0) log(`Docker ${version}: ${done} of ${count} topologies`);
    };
    await runRandom({ version, count, seed, onCase, ...(only === undefined ? {} : { only: Number(only) }) });
  }
  const sum = (value: (result: CaseResult) => number) => results.reduce((total, result) => total + value(result), 0);
  const mismatches = sum((result) => result.disagreements.length);
  const refused = sum((result) => result.refused.length);
  const compared = sum((result) => result.compared);
  const model = compared === 0 ? 'model not consulted' : `${compared} compared with the model, ${mismatches} mismatches`;
  process.stdout.write(
    `seed ${seed}: ${results.length} topologies, ${sum((result) => result.asked)} questions asked, ${model}, ${refused} refused\n`,
  );
  return mismatches + refused > 0 ? 1 : 0;
}
