/**
 * Outputs in pages are real. A block
 *
 *     ```console
 *     $ fairlead check examples/x
 *     …
 *     ```
 *
 * is written anew with what the command prints now; `$ cat FILE` is understood as well. A command with another exit code
 * than 0 says so by a last line `# exit code 1`.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const root = join(import.meta.dirname, '../..');

export interface Ran {
  readonly output: string;
  readonly exitCode: number;
}

const block = /^```console\n([\s\S]*?)^```$/gm;

/** The page with all outputs replaced by what `run` says. Blocks whose commands are not all ours stay as they are. */
export function withOutputs(text: string, run: (command: string) => Ran | undefined): string {
  return text.replace(block, (whole, body: string) => {
    const parts = commandsOf(body).map((command) => ({ command, ran: run(command) }));
    if (parts.length === 0 || parts.some(({ ran }) => ran === undefined)) return whole;
    return `\`\`\`console\n${parts.map(({ command, ran }) => session(command, ran ?? { output: '', exitCode: 0 })).join('\n')}\`\`\``;
  });
}

function commandsOf(body: string): readonly string[] {
  return body.split('\n').flatMap((line) => (line.startsWith('$ ') ? [line.slice(2)] : []));
}

/** Every command of every console block. */
export function commandsIn(text: string): readonly string[] {
  return [...text.matchAll(block)].flatMap((match) => commandsOf(match[1] ?? ''));
}

/** A page must not show how a command failed, unless somebody wants it to: then it needs another way than this one. */
function session(command: string, { output, exitCode }: Ran): string {
  if (exitCode > 1) throw new Error(`a page shows "${command}", which ends with exit code ${exitCode}: ${output}`);
  const lines = output.replace(/\s+$/, '').replace(/[ \t]+$/gm, '');
  return `$ ${command}\n${lines === '' ? '' : `${lines}\n`}${exitCode === 0 ? '' : `# exit code ${exitCode}\n`}`;
}

/** Runs a command of a page in the root of the repository; undefined when it is none that pages may run. */
export function runCommand(command: string): Ran | undefined {
  const [program, ...args] = words(command);
  if (program === 'cat' && args.length === 1) return { output: readFileSync(join(root, args[0] ?? ''), 'utf8'), exitCode: 0 };
  if (program !== 'fairlead') return undefined;
  const done = spawnSync(process.execPath, [join(root, 'src/cli.ts'), ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { output: stripVTControlCharacters(`${done.stdout}${done.stderr}`), exitCode: done.status ?? 3 };
}

/** Words apart, with '…' and "…" around words that hold spaces: more shell than that has no place in a first example. */
function words(command: string): readonly string[] {
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}
