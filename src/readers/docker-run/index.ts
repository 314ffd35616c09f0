/** Docker command lines in shell scripts, in Markdown pages and on standard input. */
import type { SourceText } from '../../core/text.ts';
import type { Files } from '../files.ts';
import type { ModelPart } from '../reader.ts';
import { buildPart } from './build.ts';
import { carryOut } from './carry-out.ts';
import type { DockerCommand } from './command.ts';
import { EngineState } from './engine-state.ts';
import { type Call, Interpreter } from './interpreter.ts';
import { lexShell } from './lexer.ts';
import { shellOfMarkdown } from './markdown.ts';
import { Remarks } from './remarks.ts';
import { Scope } from './scope.ts';
import { folderOf } from './substitution.ts';
import { makeWord } from './word.ts';

export type { DockerCommand } from './command.ts';
export { correctedCommand, quoteWord, renderWithFlag, renderWithoutFlag } from './command.ts';
export { findDockerCommands } from './find.ts';

/** Four times all the ports there are. */
const MAX_PORTS = 4 * 65_536;

export interface DockerRunOptions {
  readonly files: Files;
  readonly kind: 'shell' | 'markdown';
  /** Variables of the environment that the commands are run in, as far as they are known. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface DockerRunResult {
  readonly part: ModelPart;
  readonly commands: readonly DockerCommand[];
}

/**
 * Reads the docker commands of a script or page and gives the model of what they make, in their order: a later command
 * changes what an earlier one made. Nothing is run; what only a running shell knows is named in a problem.
 */
export function readDockerCommands(source: SourceText, options: DockerRunOptions): DockerRunResult {
  const remarks = new Remarks({ page: options.kind === 'markdown' });
  const scope = scopeOf(source, options.env ?? {});
  const state = new EngineState(remarks, { page: options.kind === 'markdown' });
  const commands: DockerCommand[] = [];
  const budget = { ports: MAX_PORTS };
  const onCall = (call: Call) => {
    const command = carryOut(call, state, { source, files: options.files, remarks, folder: scope.folder, budget });
    if (command === undefined) return undefined;
    commands.push(command);
    const prints = command.kind === 'create' || (command.kind === 'run' && command.flags.some(({ name }) => name === 'detach'));
    return prints ? command.workloadId : undefined;
  };
  const interpreter = new Interpreter({ source, files: options.files, scope, onCall });
  const page = options.kind === 'markdown';
  const { text, blocks } = page ? shellOfMarkdown(source.text) : { text: source.text, blocks: [{ start: 0, end: source.text.length }] };
  for (const [index, block] of blocks.entries()) {
    const lexed = lexShell(text, block.start, block.end, { placeholders: page });
    interpreter.run(lexed.items, index);
    if (lexed.unclosed !== undefined && !page) {
      const { at, what } = lexed.unclosed;
      remarks.error(
        'shell-unclosed',
        `the ${what} that is opened here is never closed`,
        'close it; what follows cannot be read',
        source.origin(at, at + 1),
      );
    }
  }
  return { part: buildPart(state, remarks), commands };
}

function scopeOf(source: SourceText, env: Readonly<Record<string, string | undefined>>): Scope {
  const scope = new Scope(folderOf(source));
  for (const [name, value] of Object.entries(env)) {
    // PWD is where we are, and the script is run where it lies.
    if (value === undefined || name === 'PWD' || name === 'OLDPWD') continue;
    scope.set(name, {
      known: true,
      list: false,
      words: [makeWord([{ text: value, start: 0, end: 0, exact: false, known: true, via: [] }], 0, 0)],
    });
    scope.export(name);
  }
  return scope;
}
