import { join } from 'node:path';
import { type LabEngine, startEngine } from '../engine.ts';
import { type Prediction, predict } from '../predict.ts';
import type { Outcome, ProbeResult } from '../probe.ts';
import { type Realised, realise } from '../realise.ts';
import { type Group, kindOptions, type Row } from './types.ts';

/** What one engine did for one row. */
export interface Measured {
  readonly group: Group;
  readonly row: Row;
  readonly version: string;
  /** What the model says; undefined when it was not asked. */
  readonly predicted: Prediction | undefined;
  readonly outcome: Outcome;
  readonly answeredBy: string;
  readonly result: ProbeResult;
}

/** Told from an ARP failure, which the kernel reports after 3.07 s; rows that expect one have a longer limit of their own. */
const timeoutMs = 2500;
/** A resolver that answers does so in milliseconds; 20.10 gives up on one that it cannot reach after 10 to 20 s. */
const resolveTimeoutMs = 4000;

/** Runs the groups that concern a version; engines of different kinds run side by side. */
export async function measure(version: string, groups: readonly Group[], log: (line: string) => void): Promise<readonly Measured[]> {
  const wanted = groups.filter((group) => group.versions === undefined || group.versions.includes(version));
  const batches = Object.values(Object.groupBy(wanted, (group) => group.engine)).map((batch) => batch ?? []);
  const results = await Promise.all(batches.map((batch) => measureOnOneEngine(version, batch, log)));
  return results.flat();
}

async function measureOnOneEngine(version: string, groups: readonly Group[], log: (line: string) => void): Promise<readonly Measured[]> {
  const kind = groups[0]?.engine ?? 'default';
  await using engine = await startEngine({ version, ...kindOptions[kind] });
  const results: Measured[] = [];
  for (const group of groups) {
    const started = performance.now();
    results.push(...(await measureGroup(engine, group, log)));
    log(`${version} ${group.id}: ${group.rows.length} rows in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
  return results;
}

async function measureGroup(engine: LabEngine, group: Group, log: (line: string) => void): Promise<readonly Measured[]> {
  await using realised = await realise(engine, group.topology);
  for (const [what, message] of realised.refused) log(`${engine.version} ${group.id}: ${what}: ${message}`);
  await using _ = await tamper(engine, group.tamper ?? []);
  const rows = group.rows.filter(
    (row) => row.cannot === undefined && (typeof row.expected === 'string' || row.expected[engine.version] !== undefined),
  );
  // Awaited here: without it, `await using` would take the topology down before the first answer.
  return await Promise.all(rows.map((row) => measureRow(realised, engine.version, group, row)));
}

/** Disposal puts the tables and the forwarding back, before the topology is removed: the engine expects to find its rules. */
async function tamper(engine: LabEngine, commands: readonly (readonly string[])[]): Promise<AsyncDisposable> {
  if (commands.length === 0) return { [Symbol.asyncDispose]: async () => undefined };
  const saved = join(engine.run.dir, 'tables');
  const onHost = async (program: string, args: readonly string[]) => {
    const result = await engine.at('host', program, args);
    if (result.code !== 0) throw new Error(`${program} ${args.join(' ')}: ${result.stderr.trim()}`);
  };
  await onHost('/usr/sbin/iptables-save', ['-f', saved]);
  for (const [program = '', ...args] of commands) await onHost(program, args);
  return {
    async [Symbol.asyncDispose]() {
      await onHost('/usr/sbin/iptables-restore', [saved]);
      await onHost('sh', ['-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward']);
    },
  };
}

async function measureRow(realised: Realised, version: string, group: Group, row: Row): Promise<Measured> {
  const result = await realised.ask(row.question, { timeoutMs: row.timeoutMs ?? timeoutMs, resolveTimeoutMs });
  const context = { topology: group.topology, version, ...kindOptions[group.engine] };
  const predicted = group.tamper === undefined && !row.unstated ? predict(row.question, context) : undefined;
  return { group, row, version, predicted, outcome: result.outcome, answeredBy: result.answeredBy, result };
}
