import { type ErrorEntry, errorTable } from '../../src/core/errors.ts';
import { code, generatedFrom, page, table } from './markdown.ts';

export function errorsPage(): string {
  const entries: readonly [string, ErrorEntry][] = Object.entries(errorTable);
  return page(
    generatedFrom('src/core/errors.ts'),
    '# Errors',
    'What makes going on impossible. Everything else that can be wrong with an input is a problem with a place: it is printed, the rest is still checked, and the run ends with exit code 2.',
    'A word in braces stands for the value at hand. The code is in JSON output and does not change.',
    table(
      ['code', 'message', 'what to do', 'exit code'],
      entries.map(([name, entry]) => [code(name), entry.message, entry.hint, String(entry.exitCode)]),
    ),
    '## Exit codes',
    table(
      ['code', 'meaning'],
      [
        ['0', 'clean: nothing was found that is an error or a warning'],
        ['1', 'there are findings, or the answer is not "reachable"'],
        ['2', 'the command line or an input could not be understood; the rest was still checked'],
        ['3', 'could not finish: the engine does not answer, time is up, or a defect of Fairlead'],
      ],
    ),
  );
}
