/** Stages of a long run (a file, a question, a rule, a fix): the time limit is looked at before each, and a terminal is told what goes on. */
import { FairleadError } from '../core/errors.ts';
import type { Arguments } from './command.ts';
import type { Io } from './io.ts';
import { usage } from './parse.ts';

export interface Stages {
  /** Throws FAIRLEAD_TIMEOUT when time is up. */
  enter(stage: string): void;
  leftMs(): number;
  /** Takes the progress line away, before anything else is printed. */
  done(): void;
}

const DEFAULT_LIMIT = '60s';
/** Shorter work is over before anybody wonders. */
const QUIET_MS = 500;
/** So often a line is redrawn at most. */
const REDRAW_MS = 100;

export function startStages(args: Arguments, io: Io): Stages {
  const text = args.value('timeout') ?? DEFAULT_LIMIT;
  const limitMs = parseDuration(text);
  const started = performance.now();
  let drawn = 0;
  return {
    enter: (stage) => {
      const passed = performance.now() - started;
      if (passed > limitMs) throw new FairleadError('FAIRLEAD_TIMEOUT', { what: `the run (at: ${stage})`, limit: text });
      if (!io.interactive || passed < QUIET_MS || passed - drawn < REDRAW_MS) return;
      io.say(`\r\u001b[K${stage} …`);
      drawn = passed;
    },
    leftMs: () => Math.max(1, Math.round(limitMs - (performance.now() - started))),
    done: () => {
      if (drawn > 0) io.say('\r\u001b[K');
      drawn = 0;
    },
  };
}

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (match === null) throw usage(`--timeout: "${text}" is not a time`, 'write 500ms, 30s, 2m or 1h');
  // The pattern admits these units only.
  const unit = (match[2] ?? 's') as keyof typeof units;
  return Number(match[1]) * units[unit];
}
