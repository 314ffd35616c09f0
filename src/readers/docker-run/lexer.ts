import { decodeAnsiC } from './ansi-c.ts';
import type { Item, Lexed, Operator, Part, RawWord } from './syntax.ts';

/** Nesting of `$(…)` and `${…}` beyond this is read as plain text: nobody writes it, and the stack is finite. */
const MAX_DEPTH = 60;

const MAX_ARITHMETIC = 1000;

const BLANKS = /(?:[ \t\r\f\v]+|\\\r?\n)+/y;
const PLAIN = /[^\s\\'"`$|&;()<>]+/y;
const PLAIN_IN_DOUBLE_QUOTES = /[^"\\$`]+/y;
const PLAIN_IN_BRACES = /[^\\'"`$}]+/y;
const OPERATOR = /\|\||\|&|\||&&|&(?!>)|;;&|;;|;&|;/y;
const REDIRECTION = /&>>|&>|<<<|<<-|<<|<&|<>|>>|>&|>\||<|>/y;
const PARAMETER = /\$(?:[A-Za-z_]\w*|\d|[@*?#$!-])/y;
const BRACED = /\$\{(?:[A-Za-z_]\w*|\d+|[@*?$!-])(\[[@*]\])?(:[-=?+]|[-=?+])?/y;
/** `<image>`, `<host port>` in documentation; a redirection has no closing bracket right behind one or a few words. */
const PLACEHOLDER = /<[A-Za-z_][\w .:/-]{0,60}>/y;

export interface LexOptions {
  /** Read `<image>` as a placeholder and not as two redirections: for documentation. */
  readonly placeholders: boolean;
}

/**
 * Reads `start`..`end` of a text as a POSIX shell (with bash's arrays, `$'…'` and `<<<`) splits it into commands and words.
 *
 * Every character is looked at once per level of nesting, so time is linear. Here-documents and comments are skipped.
 * Anything goes: what is no shell at all becomes some words.
 */
export function lexShell(text: string, start: number, end: number, options: LexOptions): Lexed {
  return new Lexer(text, start, end, options);
}

/** The cursor over one text. */
class Lexer implements Lexed {
  readonly #text: string;
  readonly #end: number;
  readonly #options: LexOptions;
  #at: number;
  #depth: number;
  #heredocs: { readonly delimiter: string; readonly tabs: boolean }[] = [];
  #unclosed: { readonly at: number; readonly what: string } | undefined;

  constructor(text: string, start: number, end: number, options: LexOptions, depth = 0) {
    this.#depth = depth;
    this.#text = text.length === end ? text : text.slice(0, end);
    this.#at = start;
    this.#end = end;
    this.#options = options;
  }

  get items(): Iterable<Item> {
    return this.#items('');
  }

  get unclosed(): Lexed['unclosed'] {
    return this.#unclosed;
  }

  /** Commands up to the end of the text, or up to the parenthesis that closes a substitution. */
  *#items(closer: '' | ')'): Generator<Item, void> {
    let words: RawWord[] = [];
    let before: Operator = 'start';
    let open = 0;
    while (true) {
      this.#match(BLANKS);
      const char = this.#text[this.#at];
      if (this.#at >= this.#end || char === undefined) break;
      if ((char === '<' || char === '>' || char === '&') && !this.#placeholderAhead() && this.#redirection(words)) continue;
      if (char === '#') {
        this.#skipTo('\n');
        continue;
      }
      const after = this.#operator(char);
      if (after === undefined) {
        words.push(this.#word());
        continue;
      }
      const closes = after === ')' && closer === ')' && open === 0;
      if (words.length > 0 || after !== '\n') yield { words, before, after: closes ? 'end' : after };
      if (closes) return;
      words = [];
      before = after;
      if (after === '(') open += 1;
      else if (after === ')' && open > 0) open -= 1;
    }
    if (words.length > 0) yield { words, before, after: 'end' };
  }

  /** The operator at the cursor, if there is one; behind a line's end its here-documents are skipped. */
  #operator(char: string): Operator | undefined {
    switch (char) {
      case '\n':
        this.#at += 1;
        this.#skipHeredocs();
        return char;
      case '(':
        if (this.#text[this.#at + 1] === '(') {
          this.#skipArithmetic(this.#at + 2);
          return ';';
        }
        this.#at += 1;
        return char;
      case ')':
        this.#at += 1;
        return char;
      case '|':
      case '&':
      case ';':
        return operatorOf(this.#match(OPERATOR) ?? this.#take(1));
      default:
        return undefined;
    }
  }

  #word(): RawWord {
    const start = this.#at;
    const parts: Part[] = [];
    while (this.#at < this.#end) {
      const from = this.#at;
      const plain = this.#match(PLAIN);
      if (plain !== undefined) {
        parts.push({ kind: 'text', text: plain, start: from, end: this.#at, exact: true, quoted: false });
        if (parts.length === 1 && this.#text[this.#at] === '(' && this.#depth < MAX_DEPTH && /^[A-Za-z_]\w*\+?=$/.test(plain))
          return { parts, start, elements: this.#array(), end: this.#at };
        continue;
      }
      if (!this.#special(parts, false)) break;
    }
    // A lone character that begins no word, such as a `)` too many, is never asked for here; this keeps the cursor moving.
    if (this.#at === start) this.#at += 1;
    return { parts, start, end: this.#at };
  }

  /** One quoted or expanded stretch; false when the next character ends the word. */
  #special(parts: Part[], inBraces: boolean): boolean {
    const char = this.#text[this.#at];
    switch (char) {
      case '\\':
        this.#escape(parts);
        return true;
      case "'":
        this.#singleQuotes(parts);
        return true;
      case '"':
        this.#doubleQuotes(parts);
        return true;
      case '`':
        parts.push(this.#backticks(false));
        return true;
      case '$':
        this.#dollar(parts, false);
        return true;
      case '<':
        return !inBraces && this.#placeholder(parts);
      default:
        return false;
    }
  }

  #escape(parts: Part[]): void {
    const start = this.#at;
    const next = this.#text[start + 1];
    if (next === '\n' || (next === '\r' && this.#text[start + 2] === '\n')) {
      this.#at += next === '\n' ? 2 : 3;
      return;
    }
    this.#at = Math.min(start + 2, this.#end);
    parts.push({ kind: 'text', text: next ?? '\\', start, end: this.#at, exact: next === undefined, quoted: true });
  }

  #singleQuotes(parts: Part[]): void {
    const start = this.#at + 1;
    const close = this.#text.indexOf("'", start);
    const end = close === -1 ? this.#end : close;
    if (close === -1) this.#unclosed ??= { at: this.#at, what: 'single quote' };
    parts.push({ kind: 'text', text: this.#text.slice(start, end), start, end, exact: true, quoted: true });
    this.#at = close === -1 ? end : close + 1;
  }

  #doubleQuotes(parts: Part[]): void {
    const open = this.#at;
    this.#at += 1;
    const count = parts.length;
    while (this.#at < this.#end) {
      const start = this.#at;
      const char = this.#text[start];
      if (char === '"') {
        if (parts.length === count) parts.push({ kind: 'text', text: '', start, end: start, exact: true, quoted: true });
        this.#at += 1;
        return;
      }
      if (char === '\\') this.#escapeInDoubleQuotes(parts);
      else if (char === '`') parts.push(this.#backticks(true));
      else if (char === '$') this.#dollar(parts, true);
      else {
        const text = this.#match(PLAIN_IN_DOUBLE_QUOTES) ?? this.#take(1);
        parts.push({ kind: 'text', text, start, end: this.#at, exact: true, quoted: true });
      }
    }
    this.#unclosed ??= { at: open, what: 'double quote' };
  }

  /** Inside double quotes a backslash is special only before `$`, a backtick, `"`, itself and a line's end (POSIX 2.2.3). */
  #escapeInDoubleQuotes(parts: Part[]): void {
    const start = this.#at;
    const next = this.#text[start + 1];
    if (next === '\n') {
      this.#at += 2;
      return;
    }
    const special = next !== undefined && '$`"\\'.includes(next);
    this.#at += special ? 2 : 1;
    parts.push({ kind: 'text', text: special ? next : '\\', start, end: this.#at, exact: !special, quoted: true });
  }

  #backticks(quoted: boolean): Part {
    const start = this.#at;
    let close = start + 1;
    while (close < this.#end && this.#text[close] !== '`') close += this.#text[close] === '\\' ? 2 : 1;
    if (close >= this.#end) this.#unclosed ??= { at: start, what: 'backtick' };
    const inner = Math.min(close, this.#end);
    this.#at = Math.min(inner + 1, this.#end);
    const items = this.#depth < MAX_DEPTH ? [...new Lexer(this.#text, start + 1, inner, this.#options, this.#depth + 1).items] : [];
    return { kind: 'substitution', items, quoted, start, end: this.#at };
  }

  #dollar(parts: Part[], quoted: boolean): void {
    const start = this.#at;
    const next = this.#text[start + 1];
    if (next === "'" && !quoted) return this.#ansiC(parts);
    if (next === '"' && !quoted) {
      this.#at += 1;
      return this.#doubleQuotes(parts);
    }
    if (next === '(' && this.#text[start + 2] === '(') {
      this.#skipArithmetic(start + 3);
      parts.push({ kind: 'opaque', quoted, start, end: this.#at });
      return;
    }
    if (next === '(' && this.#depth < MAX_DEPTH) {
      this.#at += 2;
      this.#depth += 1;
      const items = [...this.#items(')')];
      this.#depth -= 1;
      if (this.#text[this.#at - 1] !== ')') this.#unclosed ??= { at: start, what: 'command substitution' };
      parts.push({ kind: 'substitution', items, quoted, start, end: this.#at });
      return;
    }
    if (next === '{' && this.#depth < MAX_DEPTH) {
      parts.push(this.#braced(quoted));
      return;
    }
    const parameter = this.#match(PARAMETER);
    if (parameter !== undefined)
      parts.push({ kind: 'parameter', name: parameter.slice(1), list: /^\$[@*]/.test(parameter), quoted, start, end: this.#at });
    else parts.push({ kind: 'text', text: this.#take(1), start, end: this.#at, exact: true, quoted });
  }

  #braced(quoted: boolean): Part {
    const start = this.#at;
    BRACED.lastIndex = start;
    const match = BRACED.exec(this.#text);
    const next = match === null ? undefined : this.#text[start + match[0].length];
    if (match === null || (match[2] === undefined && next !== '}')) {
      this.#skipBraces(start + 2);
      return { kind: 'opaque', quoted, start, end: this.#at };
    }
    this.#at += match[0].length;
    const operator = match[2];
    const name = match[0].slice(2, match[0].length - (operator?.length ?? 0) - (match[1]?.length ?? 0));
    const word = operator === undefined ? undefined : this.#bracedWord(quoted);
    this.#at = Math.min(this.#at + 1, this.#end);
    const list = match[1] !== undefined || name === '@' || name === '*';
    const base = { kind: 'parameter', name, list, quoted, start, end: this.#at } as const;
    return operator === undefined || word === undefined ? base : { ...base, operator, word };
  }

  /** The word behind `:-`, up to the closing brace, which is left to the caller. */
  #bracedWord(quoted: boolean): readonly Part[] {
    const parts: Part[] = [];
    this.#depth += 1;
    while (this.#at < this.#end && this.#text[this.#at] !== '}') {
      const start = this.#at;
      const text = this.#match(PLAIN_IN_BRACES);
      if (text !== undefined) parts.push({ kind: 'text', text, start, end: this.#at, exact: true, quoted });
      else if (!this.#special(parts, true)) break;
    }
    this.#depth -= 1;
    return parts;
  }

  #ansiC(parts: Part[]): void {
    const start = this.#at + 2;
    let close = start;
    while (close < this.#end && this.#text[close] !== "'") close += this.#text[close] === '\\' ? 2 : 1;
    const end = Math.min(close, this.#end);
    if (close >= this.#end) this.#unclosed ??= { at: this.#at, what: 'single quote' };
    const written = this.#text.slice(start, end);
    const text = decodeAnsiC(written);
    parts.push({ kind: 'text', text, start, end, exact: text === written, quoted: true });
    this.#at = Math.min(end + 1, this.#end);
  }

  #array(): readonly RawWord[] {
    const open = this.#at;
    const elements: RawWord[] = [];
    this.#at += 1;
    this.#depth += 1;
    while (this.#at < this.#end) {
      this.#match(BLANKS);
      const char = this.#text[this.#at];
      if (char === undefined) break;
      if (char === ')') {
        this.#at += 1;
        this.#depth -= 1;
        return elements;
      }
      if (char === '#') this.#skipTo('\n');
      else if ('\n|&;(<>'.includes(char)) this.#at += 1;
      else elements.push(this.#word());
    }
    this.#depth -= 1;
    this.#unclosed ??= { at: open, what: 'parenthesis of an array' };
    return elements;
  }

  /** Skips a redirection with its target; a here-document is remembered until the line ends. False when there is none. */
  #redirection(words: RawWord[]): boolean {
    const start = this.#at;
    if (this.#text[start + 1] === '(' && this.#text[start] !== '&') {
      this.#at += 2;
      this.#depth += 1;
      const items = this.#depth > MAX_DEPTH ? [] : [...this.#items(')')];
      this.#depth -= 1;
      words.push({ parts: [{ kind: 'substitution', items, quoted: false, start, end: this.#at }], start, end: this.#at });
      return true;
    }
    const operator = this.#match(REDIRECTION);
    if (operator === undefined) return false;
    const last = words.at(-1);
    if (last?.end === start && /^\d+$/.test(this.#text.slice(last.start, last.end))) words.pop();
    this.#match(BLANKS);
    const next = this.#text[this.#at];
    if (this.#at >= this.#end || next === undefined || '\n|&;()<>'.includes(next)) return true;
    const target = this.#word();
    if (operator === '<<' || operator === '<<-')
      this.#heredocs.push({
        delimiter: target.parts.map((part) => (part.kind === 'text' ? part.text : '')).join(''),
        tabs: operator === '<<-',
      });
    return true;
  }

  #skipHeredocs(): void {
    for (const { delimiter, tabs } of this.#heredocs) {
      while (this.#at < this.#end) {
        const start = this.#at;
        this.#skipTo('\n');
        const line = this.#text.slice(start, this.#at).replace(/\r$/, '');
        this.#at = Math.min(this.#at + 1, this.#end);
        if ((tabs ? line.replace(/^\t+/, '') : line) === delimiter) break;
      }
    }
    this.#heredocs = [];
  }

  #skipTo(char: string): void {
    const found = this.#text.indexOf(char, this.#at);
    this.#at = found === -1 ? this.#end : found;
  }

  /** To the parenthesis that closes `((`; what has none nearby is no arithmetic, and only the parentheses are skipped. */
  #skipArithmetic(from: number): void {
    let depth = 2;
    const limit = Math.min(this.#end, from + MAX_ARITHMETIC);
    for (let at = from; at < limit; at += 1) {
      const char = this.#text[at];
      if (char === '(') depth += 1;
      else if (char === ')') depth -= 1;
      if (depth === 0) {
        this.#at = at + 1;
        return;
      }
    }
    this.#at = from;
  }

  #skipBraces(from: number): void {
    let depth = 1;
    let at = from;
    while (at < this.#end && depth > 0) {
      const char = this.#text[at];
      if (char === '{') depth += 1;
      else if (char === '}') depth -= 1;
      else if (char === '\\') at += 1;
      at += 1;
    }
    this.#at = Math.min(at, this.#end);
  }

  #placeholderAhead(): boolean {
    if (!this.#options.placeholders) return false;
    PLACEHOLDER.lastIndex = this.#at;
    return PLACEHOLDER.test(this.#text);
  }

  #placeholder(parts: Part[]): boolean {
    const start = this.#at;
    if (!this.#options.placeholders || this.#match(PLACEHOLDER) === undefined) return false;
    parts.push({ kind: 'opaque', quoted: true, start, end: this.#at });
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at += match[0].length;
    return match[0];
  }

  #take(length: number): string {
    const text = this.#text.slice(this.#at, this.#at + length);
    this.#at += length;
    return text;
  }
}

function operatorOf(text: string): Operator {
  if (text === '&&' || text === '||' || text === '&' || text === ';') return text;
  return text.startsWith(';') ? ';;' : '|';
}
