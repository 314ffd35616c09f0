import type { Origin } from '../../core/origin.ts';
import type { Problem } from '../../core/problem.ts';
import type { FlagSet } from './flags.ts';
import type { Text } from './word.ts';

/** More remarks than this help nobody; the last one says that there are more. */
const MAX_PROBLEMS = 500;

/** Collects what is to be said about an input. */
export class Remarks {
  readonly #problems: Problem[] = [];
  readonly #said = new Set<string>();
  readonly #page: boolean;

  /** `page`: a page also shows how a command begins, `docker network create`, without meaning one. */
  constructor({ page }: { readonly page: boolean } = { page: false }) {
    this.#page = page;
  }

  /** In the order of the text. */
  get problems(): readonly Problem[] {
    return this.#problems.toSorted((a, b) => startOf(a) - startOf(b));
  }

  /** Says each thing once, however often a loop comes by. */
  add(problem: Problem): void {
    const key = `${startOf(problem)} ${problem.code} ${problem.message}`;
    if (this.#said.has(key)) return;
    this.#said.add(key);
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(problem);
    else if (this.#problems.length === MAX_PROBLEMS)
      this.#problems.push({
        ...problem,
        severity: 'gap',
        code: 'docker-too-many',
        message: 'there are more problems than are listed',
        hint: 'repair these first',
      });
  }

  error(code: string, message: string, hint: string, origin: Origin): void {
    const severity = this.#page && code === 'docker-wrong-operands' ? 'warning' : 'error';
    this.add({ severity, code, message, hint, origin });
  }

  warning(code: string, message: string, hint: string, origin: Origin): void {
    this.add({ severity: 'warning', code, message, hint, origin });
  }

  gap(code: string, message: string, hint: string, origin: Origin): void {
    this.add({ severity: 'gap', code, message, hint, origin });
  }

  /** A value that only a running shell knows; `what` names the fact that stays unknown. */
  unknown(text: Text, what: string): void {
    const names = [...new Set(text.missing())];
    const verb = names.length === 1 ? 'is' : 'are';
    const placeholder = names.some((name) => name.startsWith('<'));
    this.gap(
      'docker-value-unknown',
      `${what} is not known: ${names.join(', ')} ${verb} ${placeholder ? 'to be filled in' : 'not set in this file'}`,
      placeholder ? 'write a value in its place' : 'set it in the script, or in the environment',
      text.origin,
    );
  }

  unknownFlag(flag: Text, set: FlagSet, near: string | undefined, letters?: string): void {
    const written = letters === undefined || flag.value.startsWith('-') ? flag.value : `-${flag.value}`;
    const where = letters === undefined || flag.value.startsWith('-') || letters.length === 2 ? '' : ` in ${letters}`;
    const hint = near === undefined ? `\`${set.command} --help\` lists the flags` : `did you mean --${near}?`;
    this.error('docker-unknown-flag', `${set.command} has no flag ${written}${where}`, hint, flag.origin);
  }

  needsValue(flag: Text, written: string, set: FlagSet): void {
    this.error('docker-flag-needs-value', `${written} of ${set.command} needs a value`, `write ${written} VALUE`, flag.origin);
  }
}

const startOf = ({ origin }: Problem): number => (origin.kind === 'file' ? origin.span.start : -1);
