import { join } from 'node:path/posix';
import type { SourceText } from '../../core/text.ts';
import type { Files } from '../files.ts';
import { assign, isAssignment } from './assignment.ts';
import { type Branch, Control } from './control.ts';
import { type Expansion, expandWord } from './expand.ts';
import { lexShell } from './lexer.ts';
import type { Scope } from './scope.ts';
import { folderOf } from './substitution.ts';
import { type Item, literal, type RawWord } from './syntax.ts';
import { Tape } from './tape.ts';
import type { Word } from './word.ts';
import { commandOf } from './wrappers.ts';

/** A call of `docker` in the order in which the script makes it. */
export interface Call {
  /** `docker` and its arguments. */
  readonly words: readonly Word[];
  /** Where the command begins: at `sudo`, if there is one. */
  readonly start: number;
  readonly end: number;
  /** False where a condition, a function or a failed command decides whether it is made. */
  readonly certain: boolean;
  /** The branches of conditions that it stands in; two calls in different branches of one condition exclude each other. */
  readonly branches: readonly Branch[];
  /** Its failure is expected: `docker rm x || true`. */
  readonly guarded: boolean;
  /** It is made when something before it failed: `docker network inspect x || docker network create x`. */
  readonly alternative: boolean;
  /** Number of the block it stands in; a script is one block. */
  readonly block: number;
  /** The value that `-e NAME` passes on; undefined when the script does not say. */
  readonly exported: (name: string) => { readonly value: string; readonly known: boolean } | undefined;
}

interface Context {
  readonly source: SourceText;
  readonly files: Files;
  readonly scope: Scope;
  /** Gives the container whose id the call prints. */
  readonly onCall: (call: Call) => string | undefined;
}

/** Loops are unrolled until so many commands more than the text has characters were looked at. */
const EXTRA_STEPS = 20_000;
const SOURCE_DEPTH = 4;
const DOCKER = /(?:^|[\\/ ])docker(?:\.exe)?$/;

/** Carries out what a script says about variables, and hands over each call of docker. Nothing is run. */
export class Interpreter {
  readonly #context: Context;
  readonly #control: Control;
  #block = 0;
  #steps = 0;
  #sourced = 0;
  /** In the current chain of `&&` and `||`: whether something unforeseeable decides if the next command is run. */
  #tentative = false;
  #lastWasDocker = false;
  /** The container whose id the last call of docker printed. */
  #printed: string | undefined;

  constructor(context: Context) {
    this.#context = context;
    this.#control = new Control(context.scope);
  }

  /** Runs one block. Variables live on into the next one, open conditions do not. */
  run(items: Iterable<Item>, block: number): void {
    this.#block = block;
    this.#control.reset();
    this.#runItems(items);
  }

  #runItems(items: Iterable<Item>): void {
    const tape = new Tape(items);
    for (let at = 0; ; at += 1) {
      const item = tape.at(at);
      this.#steps += 1;
      if (item === undefined || this.#steps > this.#context.source.text.length + EXTRA_STEPS) return;
      this.#chain(item);
      const words = this.#control.begin(item, at, this.#expansion());
      if (words.length > 0) this.#command(item, words);
      else this.#lastWasDocker = false;
      at = this.#control.finish(item, at);
      if (!this.#control.mayGoBack) tape.forgetBefore(at + 1);
    }
  }

  #chain(item: Item): void {
    if (item.before === '&&') this.#tentative ||= !this.#lastWasDocker;
    else this.#tentative = item.before === '||';
  }

  #command(item: Item, words: readonly RawWord[]): void {
    this.#lastWasDocker = false;
    const name = literal(words[0]);
    if (isAssignment(words[0]) && words.every(isAssignment)) {
      for (const word of words) assign(word, this.#expansion());
      return;
    }
    if (name !== undefined && this.#builtin(name, words)) return;
    if (!words.some((word) => this.#mayBeDocker(word))) this.#substitutions(words);
    else this.#docker(item, words);
  }

  #docker(item: Item, words: readonly RawWord[]): void {
    const expansion = this.#expansion();
    const found = commandOf(words, (word) => expandWord(word, expansion));
    const first = words[0];
    const last = words.at(-1);
    if (found === undefined || first === undefined || last === undefined) return;
    this.#lastWasDocker = true;
    this.#printed = this.#context.onCall({
      words: found.words,
      start: first.start,
      end: last.end,
      certain: !this.#tentative && this.#control.certain,
      branches: this.#control.branches,
      guarded: item.after === '||',
      alternative: item.before === '||',
      block: this.#block,
      exported: (variable) => found.assignments.get(variable) ?? this.#exported(variable),
    });
  }

  #exported(name: string): { readonly value: string; readonly known: boolean } | undefined {
    const { scope } = this.#context;
    const variable = scope.get(name);
    if (variable === undefined || !scope.isExported(name)) return undefined;
    const word = variable.known ? variable.words[0] : undefined;
    return { value: word?.text ?? '', known: word?.known ?? false };
  }

  /** Commands of the shell itself that change what later words mean. */
  #builtin(name: string, words: readonly RawWord[]): boolean {
    const { scope } = this.#context;
    switch (name) {
      case 'export':
      case 'readonly':
      case 'local':
      case 'declare':
      case 'typeset':
        for (const word of words.slice(1)) this.#declare(word, name === 'export');
        return true;
      case 'cd':
        this.#changeFolder(words[1]);
        return true;
      case 'unset':
        for (const word of words.slice(1)) scope.unset(literal(word) ?? '');
        return true;
      case 'read':
        for (const word of words.slice(1)) if (/^[A-Za-z_]\w*$/.test(literal(word) ?? '')) scope.set(literal(word) ?? '', { known: false });
        return true;
      case 'source':
      case '.':
        this.#source(words[1]);
        return true;
      default:
        return false;
    }
  }

  #declare(word: RawWord, exported: boolean): void {
    const name = isAssignment(word) ? assign(word, this.#expansion()) : literal(word);
    if (exported && name !== undefined) this.#context.scope.export(name);
  }

  #changeFolder(word: RawWord | undefined): void {
    const { scope } = this.#context;
    const target = word === undefined ? undefined : expandWord(word, this.#expansion())[0];
    const known = target?.known === true && target.text !== '-' && !target.text.startsWith('~');
    if (!known) scope.folder = undefined;
    else if (target.text.startsWith('/')) scope.folder = target.text;
    else if (scope.folder !== undefined) scope.folder = join(scope.folder, target.text);
  }

  /** Takes the variables of a sourced file; its commands are its own. */
  #source(word: RawWord | undefined): void {
    const target = word === undefined ? undefined : expandWord(word, this.#expansion())[0];
    if (target === undefined || !target.known || this.#sourced >= SOURCE_DEPTH) return;
    const { files, scope } = this.#context;
    const path = target.text.startsWith('/') ? target.text : join(scope.folder ?? folderOf(this.#context.source), target.text);
    const read = files.read(path);
    if (!read.ok) return;
    this.#sourced += 1;
    const { source } = read;
    const inner = new Interpreter({ source, files, scope, onCall: () => undefined });
    inner.#sourced = this.#sourced;
    inner.run(lexShell(source.text, 0, source.text.length, { placeholders: false }).items, 0);
  }

  #substitutions(words: readonly RawWord[]): void {
    for (const word of words)
      for (const part of word.parts) if (part.kind === 'substitution' && part.items.length > 0) this.#substitute(part.items);
  }

  #substitute(items: readonly Item[]): string | undefined {
    const [tentative, printed] = [this.#tentative, this.#printed];
    this.#printed = undefined;
    this.#control.nested(() => this.#runItems(items));
    const found = items.length === 1 ? this.#printed : undefined;
    this.#tentative = tentative;
    this.#printed = printed;
    return found;
  }

  #expansion(): Expansion {
    return { source: this.#context.source, scope: this.#context.scope, substitute: (items) => this.#substitute(items) };
  }

  /** Whether a word can be the name `docker`, written out, with a path, or in a variable. */
  #mayBeDocker({ parts }: RawWord): boolean {
    const [part] = parts;
    if (part === undefined || parts.length !== 1) return false;
    if (part.kind === 'text') return DOCKER.test(part.text);
    if (part.kind !== 'parameter') return false;
    const variable = this.#context.scope.get(part.name);
    return variable?.known === true ? DOCKER.test(variable.words[0]?.text ?? '') : /^docker(?:_(?:cmd|bin|cli))?$/i.test(part.name);
  }
}
