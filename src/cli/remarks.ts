import type { Problem } from '../core/problem.ts';
import { placeBefore } from '../doctor/words.ts';
import type { Io } from './io.ts';

/** Says on standard error what could not be read or was not understood; 2 when something could not be read, else 0. */
export function unreadable(problems: readonly Problem[], io: Io): 0 | 2 {
  const errors = problems.filter((problem) => problem.severity === 'error');
  const gaps = problems.filter((problem) => problem.severity === 'gap');
  for (const { code, origin, message, hint } of errors)
    io.say(`error[${code}] ${placeBefore(origin)} ${message}\n${hint === '' ? '' : `  help: ${hint}\n`}`);
  for (const { code, origin, message } of gaps) io.say(`not understood[${code}] ${placeBefore(origin)} ${message}\n`);
  return errors.length > 0 ? 2 : 0;
}
