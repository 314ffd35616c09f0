import { type LabEngine, startEngine } from '../engine.ts';
import { placePeer } from '../place-peers.ts';
import type { ErrorText } from './error-texts.ts';

export interface MeasuredText {
  readonly row: ErrorText;
  readonly version: string;
  readonly expected: string | undefined;
  readonly exitCode: number;
  readonly said: string;
  readonly agrees: boolean;
}

/** Runs every provocation on an engine of its own, one after the other, because they fight over names and ports. */
export async function measureErrorTexts(
  version: string,
  rows: readonly ErrorText[],
  log: (line: string) => void,
): Promise<readonly MeasuredText[]> {
  await using engine = await startEngine({ version });
  const host = await placePeer(engine, 'host');
  await host.listen([{ address: '127.0.0.1', port: 7001, transport: 'tcp' }]);
  const results: MeasuredText[] = [];
  for (const row of rows) {
    results.push(await provoke(engine, row));
    await cleanUp(engine);
  }
  log(`${version} error texts: ${rows.length} rows`);
  return results;
}

async function provoke(engine: LabEngine, row: ErrorText): Promise<MeasuredText> {
  const expected = typeof row.says === 'string' ? row.says : row.says[engine.version];
  const before = row.commands.slice(0, -1);
  for (const command of before) {
    const result = await engine.docker(words(command));
    if (result.code !== 0) throw new Error(`${row.id}: ${command}: ${result.stderr}`);
  }
  const { code: exitCode, stderr } = await engine.docker(words(row.commands.at(-1) ?? ''));
  const said = stderr.trim();
  return {
    row,
    version: engine.version,
    expected,
    exitCode,
    said,
    agrees: expected === undefined ? exitCode === 0 : said.includes(expected),
  };
}

function words(command: string): readonly string[] {
  return command.split(' ').slice(1); // without `docker`; no command here needs quoting
}

async function cleanUp(engine: LabEngine): Promise<void> {
  const ids = (await engine.docker(['ps', '-aq'])).stdout.split('\n').filter((id) => id !== '');
  await Promise.all(ids.map((id) => engine.api.ask('DELETE', `/containers/${id}?force=1`)));
  const networks = (await engine.docker(['network', 'ls', '-q', '--filter', 'type=custom'])).stdout.split('\n').filter((id) => id !== '');
  await Promise.all(networks.map((id) => engine.api.ask('DELETE', `/networks/${id}`)));
}
