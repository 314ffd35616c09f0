import { assignedValue, isAssignment } from './assignment.ts';
import type { RawWord } from './syntax.ts';
import type { Word } from './word.ts';

export interface DockerWords {
  /** From `docker` on. */
  readonly words: readonly Word[];
  /** `A=b docker run -e A …`. */
  readonly assignments: ReadonlyMap<string, { readonly value: string; readonly known: boolean }>;
}

/** Commands that run the command behind them, with those of their options that take a value of their own. */
const wrappers: ReadonlyMap<string, RegExp> = new Map([
  ['sudo', /^(?:-[ugphCDRTrt]|--(?:user|group|prompt|host|chdir|chroot|role|type))$/],
  ['doas', /^-[uC]$/],
  ['env', /^(?:-[uCS]|--(?:unset|chdir))$/],
  ['nice', /^(?:-n|--adjustment)$/],
  ['ionice', /^-[cnp]$/],
  ['timeout', /^(?:-[ks]|--(?:kill-after|signal))$/],
  ['nohup', /^$/],
  ['exec', /^-a$/],
  ['command', /^$/],
  ['builtin', /^$/],
  ['time', /^-[fo]$/],
  ['setsid', /^$/],
  ['stdbuf', /^-[ioe]$/],
  ['winpty', /^$/],
]);

/** Finds `docker …` behind assignments, `sudo`, `env`, `timeout` and their like; undefined when another program is run. */
export function commandOf(raw: readonly RawWord[], expand: (word: RawWord) => readonly Word[]): DockerWords | undefined {
  const assignments = new Map<string, { readonly value: string; readonly known: boolean }>();
  let at = 0;
  for (; isAssignment(raw[at]); at += 1) note(raw[at], expand, assignments);
  const words = raw.slice(at).flatMap((word) => [...expand(word)]);
  let position = 0;
  while (position < words.length) {
    const text = words[position]?.text ?? '';
    if (isDocker(text)) return { words: words.slice(position), assignments };
    const next = behindWrapper(words, position, text);
    if (next === undefined) return undefined;
    position = next;
  }
  return undefined;
}

function behindWrapper(words: readonly Word[], position: number, text: string): number | undefined {
  const options = wrappers.get(text.slice(text.lastIndexOf('/') + 1));
  // `$SUDO docker run`: whatever it is, it runs docker.
  if (options === undefined) return words[position]?.open === true && isDocker(words[position + 1]?.text ?? '') ? position + 1 : undefined;
  let at = position + 1;
  while (at < words.length) {
    const option = words[at]?.text ?? '';
    if (option.startsWith('-')) at += options.test(option) ? 2 : 1;
    else if (/^[A-Za-z_]\w*=/.test(option)) at += 1;
    else break;
  }
  return text.endsWith('timeout') ? at + 1 : at;
}

function isDocker(text: string): boolean {
  return /(?:^|[\\/])docker(?:\.exe)?$/.test(text) || /^\$\{DOCKER(?:_(?:CMD|BIN|CLI))?\}$/i.test(text);
}

function note(
  raw: RawWord | undefined,
  expand: (word: RawWord) => readonly Word[],
  into: Map<string, { value: string; known: boolean }>,
): void {
  const found = raw === undefined ? undefined : assignedValue(raw, (word) => expand(word)[0]);
  if (found !== undefined) into.set(found.name, { value: found.value, known: found.known });
}
