import { type Expansion, expandWord } from './expand.ts';
import type { Scope } from './scope.ts';
import { type Item, literal, type RawWord } from './syntax.ts';
import type { Word } from './word.ts';

/** One of the ways of a condition. */
export interface Branch {
  readonly condition: number;
  readonly branch: number;
}

interface Frame {
  readonly kind: 'if' | 'loop' | 'case' | 'function' | 'group' | 'subshell' | 'parens';
  readonly condition: number;
  branch: number;
  /** Case: a pattern comes next. */
  pattern: boolean;
  /** Loop over known words: the variable, what is left of them, and the item to go back to. */
  readonly loop?: {
    readonly name: string;
    readonly words: readonly Word[];
    readonly place: { readonly file: string; readonly line: number; readonly column: number };
    next: number;
    readonly back: number;
  };
  readonly folder: string | undefined;
}

/** Loops over more words than this are walked once, with the variable unknown. */
const MAX_UNROLLED = 256;
const MAX_FRAMES = 300;

/** Keeps track of `if`, `case`, loops, functions and subshells while the commands of a script go by. */
export class Control {
  readonly #scope: Scope;
  readonly #frames: Frame[] = [];
  /** Frames below belong to what is around a substitution. */
  #base = 0;
  #conditions = 0;
  #loops = 0;
  #pendingFunction = false;
  #pendingBack: Frame | undefined;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** A new block: what the last one left open ends here. */
  reset(): void {
    while (this.#frames.length > 0) this.#pop();
    this.#pendingFunction = false;
  }

  /** Runs the commands of a substitution, which cannot close what was opened outside. */
  nested(run: () => void): void {
    const outer = this.#base;
    this.#base = this.#frames.length;
    run();
    while (this.#frames.length > this.#base) this.#pop();
    this.#base = outer;
  }

  get certain(): boolean {
    return !this.#frames.some(
      ({ kind, loop }) => kind === 'if' || kind === 'case' || kind === 'function' || (kind === 'loop' && loop === undefined),
    );
  }

  /** True inside of a loop over known words. */
  get mayGoBack(): boolean {
    return this.#loops > 0;
  }

  get branches(): readonly Branch[] {
    return this.#frames.filter(({ kind }) => kind === 'if' || kind === 'case').map(({ condition, branch }) => ({ condition, branch }));
  }

  /** Takes the reserved words off a command; what is left is a simple command. */
  begin(item: Item, at: number, expansion: Expansion): readonly RawWord[] {
    const { words } = item;
    const top = this.#top();
    if (top?.kind === 'case' && top.pattern && literal(words[0]) !== 'esac') {
      if (item.after === ')') this.#nextBranch(top);
      return [];
    }
    if (item.after === '(' && words.length === 1 && /^[\w-]+$/.test(literal(words[0]) ?? '')) return [];
    let first = 0;
    while (first < words.length) {
      const next = this.#reserved(literal(words[first]), first, item, at, expansion);
      if (next === undefined) break;
      first = next;
    }
    return first === 0 ? words : words.slice(first);
  }

  /** What follows from the operator behind the command; gives the index of the item that was just done. */
  finish(item: Item, at: number): number {
    const top = this.#top();
    if (item.after === ';;' && top?.kind === 'case') top.pattern = true;
    else if (item.after === '(') this.#push(item.words.length === 1 ? 'parens' : 'subshell');
    else if (item.after === ')' && top?.kind === 'parens') {
      this.#pop();
      this.#pendingFunction = true;
    } else if (item.after === ')' && top?.kind === 'subshell') this.#pop();
    const back = this.#pendingBack;
    this.#pendingBack = undefined;
    return back?.loop === undefined ? at : back.loop.back;
  }

  #reserved(word: string | undefined, first: number, item: Item, at: number, expansion: Expansion): number | undefined {
    const rest = first + 1;
    const end = item.words.length;
    switch (word) {
      case 'then':
      case 'do':
      case '!':
        return rest;
      case 'if':
        this.#push('if');
        return rest;
      case 'while':
      case 'until':
        this.#push('loop');
        return rest;
      case 'else':
      case 'elif':
        if (this.#top()?.kind === 'if') this.#nextBranch(this.#top());
        return rest;
      case 'fi':
        return this.#close('if', rest);
      case 'done':
        return this.#done(rest);
      case 'esac':
        return this.#close('case', rest);
      case '{':
        this.#push(this.#pendingFunction ? 'function' : 'group');
        this.#pendingFunction = false;
        return rest;
      case '}':
        return this.#close(this.#top()?.kind === 'function' ? 'function' : 'group', rest);
      case 'function':
        this.#pendingFunction = true;
        return first + 2;
      case 'for':
      case 'select':
        this.#beginLoop(item.words.slice(rest), at, expansion);
        return end;
      case 'case': {
        this.#push('case');
        const frame = this.#top();
        // `case $1 in start)` on one line: the first pattern has gone by already.
        if (frame !== undefined && item.after === ')') this.#nextBranch(frame);
        else if (frame !== undefined) frame.pattern = true;
        return end;
      }
      default:
        return undefined;
    }
  }

  #beginLoop(header: readonly RawWord[], at: number, expansion: Expansion): void {
    const name = literal(header[0]) ?? '';
    const words = literal(header[1]) === 'in' ? header.slice(2).flatMap((word) => expandBraces(word, expansion)) : [];
    const [first] = words;
    const known = first !== undefined && words.length <= MAX_UNROLLED && words.every((word) => word.known && !/[*?]/.test(word.text));
    const place = { file: expansion.source.file, ...expansion.source.position(header[0]?.start ?? 0) };
    this.#push('loop', known ? { name, words, place, next: 1, back: at } : undefined);
    this.#scope.set(name, known ? { known: true, list: false, words: [first], place } : { known: false });
  }

  #done(rest: number): number {
    const top = this.#top();
    const word = top?.loop?.words[top.loop.next];
    if (top?.kind !== 'loop' || top.loop === undefined || word === undefined) return this.#close('loop', rest);
    this.#scope.set(top.loop.name, { known: true, list: false, words: [word], place: top.loop.place });
    top.loop.next += 1;
    this.#pendingBack = top;
    return rest;
  }

  #top(): Frame | undefined {
    return this.#frames.length > this.#base ? this.#frames.at(-1) : undefined;
  }

  #close(kind: Frame['kind'], rest: number): number {
    if (this.#top()?.kind === kind) this.#pop();
    return rest;
  }

  #nextBranch(frame: Frame | undefined): void {
    if (frame === undefined) return;
    frame.branch += 1;
    frame.pattern = false;
    this.#scope.alternate();
  }

  #push(kind: Frame['kind'], loop?: Frame['loop']): void {
    if (this.#frames.length >= MAX_FRAMES) return;
    this.#conditions += 1;
    const frame = { kind, condition: this.#conditions, branch: 0, pattern: false, folder: this.#scope.folder };
    this.#frames.push(loop === undefined ? frame : { ...frame, loop });
    if (loop !== undefined) this.#loops += 1;
    if (opensScope(kind)) this.#scope.enter();
  }

  #pop(): void {
    const frame = this.#frames.pop();
    if (frame?.loop !== undefined) this.#loops -= 1;
    if (frame === undefined || !opensScope(frame.kind)) return;
    this.#scope.leave(frame.kind === 'subshell' ? 'before' : 'unknown');
    if (frame.kind === 'subshell') this.#scope.folder = frame.folder;
  }
}

const opensScope = (kind: Frame['kind']): boolean => kind === 'if' || kind === 'case' || kind === 'subshell';

/** `{1..3}` in the words of a loop; other braces are left alone. */
function expandBraces(raw: RawWord, expansion: Expansion): readonly Word[] {
  const words = expandWord(raw, expansion);
  const match = /^\{(\d{1,4})\.\.(\d{1,4})\}$/.exec(literal(raw) ?? '');
  const [word] = words;
  if (match === null || word === undefined) return words;
  const [first, last] = [Number(match[1]), Number(match[2])];
  return Array.from({ length: Math.min(Math.max(0, last - first + 1), MAX_UNROLLED + 1) }, (_, index) => {
    const text = String(first + index);
    return { ...word, text, pieces: word.pieces.slice(0, 1).map((piece) => ({ ...piece, text, exact: false })) };
  });
}
