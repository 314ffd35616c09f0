import type { Origin } from './origin.ts';

/**
 * Something about the input that the user has to know: a value, not an exception, so that the rest is still checked.
 *
 * - `error`: this input could not be read as what it is; the run ends with exit code 2.
 * - `warning`: the tool that owns the file would accept it, but says or should say something.
 * - `gap`: something was not understood; verdicts that depend on it are undetermined.
 */
export interface Problem {
  readonly severity: 'error' | 'warning' | 'gap';
  /** Stable and kebab-case: `compose-unknown-key`, `yaml-syntax`, `docker-run-unknown-flag`. */
  readonly code: string;
  /** Shows the wrong value: `ports[0] "90a0:80" is not a port mapping`. No trailing full stop. */
  readonly message: string;
  /** What was expected or what to do: `write HOST:CONTAINER, for example "9090:80"`. */
  readonly hint: string;
  readonly origin: Origin;
}
