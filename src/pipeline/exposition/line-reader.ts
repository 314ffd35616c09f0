/** Reads the pieces of one line of an exposition. `at` moves; `problem` says what is wrong, and then nothing more is read. */

const quote = 0x22;
const backslash = 0x5c;

export class LineReader {
  readonly text: string;
  readonly end: number;
  at: number;
  problem: string | undefined;

  constructor(text: string, from: number, end: number) {
    this.text = text;
    this.at = from;
    this.end = end;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  /** The character here; empty behind the end. */
  peek(): string {
    return this.done ? '' : (this.text[this.at] ?? '');
  }

  fail(problem: string): undefined {
    this.problem ??= problem;
    return undefined;
  }

  blanks(): void {
    while (!this.done && (this.text[this.at] === ' ' || this.text[this.at] === '\t')) this.at += 1;
  }

  take(character: string): boolean {
    if (this.peek() !== character) return false;
    this.at += 1;
    return true;
  }

  /** A name as all versions have it; empty when none begins here. */
  name(colons: boolean): string {
    const from = this.at;
    while (!this.done && isNameCode(this.text.charCodeAt(this.at), this.at > from, colons)) this.at += 1;
    return this.text.slice(from, this.at);
  }

  /** Up to the next blank. */
  word(): string {
    const from = this.at;
    while (!this.done && this.text[this.at] !== ' ' && this.text[this.at] !== '\t') this.at += 1;
    return this.text.slice(from, this.at);
  }

  rest(): string {
    const rest = this.text.slice(this.at, this.end);
    this.at = this.end;
    return rest;
  }

  /** A quoted string; `\\`, `\"` and `\n` are the escapes that there are, any other backslash is itself. */
  quoted(): string | undefined {
    if (!this.take('"')) return this.fail('a quoted string was expected');
    const from = this.at;
    let escaped = false;
    for (; !this.done; this.at += 1) {
      const code = this.text.charCodeAt(this.at);
      if (code === backslash) {
        escaped = true;
        this.at += 1;
      } else if (code === quote) {
        const raw = this.text.slice(from, this.at);
        this.at += 1;
        return escaped ? unescaped(raw) : raw;
      }
    }
    return this.fail('a quoted string has no end');
  }
}

function isNameCode(code: number, inside: boolean, colons: boolean): boolean {
  if ((code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f) return true;
  return (code === 0x3a && colons) || (inside && code >= 0x30 && code <= 0x39);
}

export const unescaped = (text: string): string =>
  text.replaceAll(/\\([\\"n])/g, (_, character: string) => (character === 'n' ? '\n' : character));

const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const hexadecimal = /^([+-]?)0[xX]([\da-fA-F]+)$/;

/** A number as Go's ParseFloat reads it, but for hexadecimal fractions, which nobody exposes; undefined when it is none. */
export function readNumber(text: string): number | undefined {
  if (decimal.test(text)) return Number(text);
  const [, sign, digits] = hexadecimal.exec(text) ?? [];
  if (digits !== undefined) return (sign === '-' ? -1 : 1) * Number(`0x${digits}`);
  switch (text.toLowerCase()) {
    case 'nan':
    case '+nan':
    case '-nan':
      return Number.NaN;
    case 'inf':
    case '+inf':
    case 'infinity':
    case '+infinity':
      return Number.POSITIVE_INFINITY;
    case '-inf':
    case '-infinity':
      return Number.NEGATIVE_INFINITY;
    default:
      return undefined;
  }
}
