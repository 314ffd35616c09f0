/**
 * Reads conditions: `level == "debug" and not (status >= 500 or path matches /^\/health/)`.
 *
 *     expression = term { ("or" | "||") term }         term = factor { ("and" | "&&") factor }
 *     factor     = ("not" | "!") factor | "(" expression ")" | "tag" STRING | "exists" "(" operand ")" | operand comparison
 *     comparison = ("==" | "!=") literal | ("<" | "<=" | ">" | ">=") NUMBER | ["not"] "in" "[" literal { "," literal } "]"
 *                | ("contains" | "startsWith" | "endsWith") STRING | "matches" REGEXP
 *     operand    = "record" | "label" "." name | name { "." name }       name = WORD | STRING
 */
import { didYouMean } from '../../core/nearest.ts';
import type { Expression, Literal, Operand, Order, TextOperator } from './expression.ts';
import { orders, textOperators } from './expression.ts';
import type { Mistake, Read, Token } from './tokens.ts';
import { tokensOf } from './tokens.ts';

/** Deeper nesting is no condition that a person wrote. */
const deepest = 50;

export function parseCondition(text: string): Read<Expression> {
  return parsed(text, (reader) => reader.expression(0));
}

/** A field by itself, as settings name it: `user.id`, `"a b"`, `record`, `label.env`. */
export function parseOperand(text: string): Read<Operand> {
  return parsed(text, (reader) => reader.operand());
}

/** `2:7 expected …`: line and column in the text of the setting. */
export function sayMistake(text: string, { at, problem }: Mistake): string {
  const before = text.slice(0, at).split('\n');
  return `${before.length}:${(before.at(-1) ?? '').length + 1} ${problem}`;
}

function parsed<T>(text: string, read: (reader: Reader) => T): Read<T> {
  const tokens = tokensOf(text);
  if (!tokens.ok) return tokens;
  const reader = new Reader(tokens.value);
  try {
    const value = read(reader);
    if (reader.token.kind !== 'end') reader.expected(reader.ended ? '"and", "or" or the end' : 'the end');
    return { ok: true, value };
  } catch (cause) {
    if (cause instanceof Wrong) return { ok: false, at: cause.at, problem: cause.message };
    throw cause;
  }
}

/** Never leaves this file: it saves every step of the descent from handing mistakes up. */
class Wrong extends Error {
  readonly at: number;

  constructor(at: number, problem: string) {
    super(problem);
    this.at = at;
  }
}

const comparisons = ['==', '!=', ...orders, 'in', ...textOperators, 'matches'];

class Reader {
  readonly #tokens: readonly Token[];
  #next = 0;
  /** A whole comparison was just read. */
  ended = false;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get token(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', text: '', at: 0, end: 0 };
  }

  expected(what: string): never {
    const { kind, text, at } = this.token;
    throw new Wrong(at, `expected ${what}, found ${kind === 'end' ? 'the end' : kind === 'string' ? JSON.stringify(text) : text}`);
  }

  expression(depth: number): Expression {
    if (depth > deepest) throw new Wrong(this.token.at, 'this is nested too deeply');
    const parts = [this.#term(depth)];
    while (this.#take('or', '||')) parts.push(this.#term(depth));
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind: 'or', parts };
  }

  #term(depth: number): Expression {
    const parts = [this.#factor(depth)];
    while (this.#take('and', '&&')) parts.push(this.#factor(depth));
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind: 'and', parts };
  }

  #factor(depth: number): Expression {
    if (depth > deepest) throw new Wrong(this.token.at, 'this is nested too deeply');
    if (this.#take('not', '!')) return { kind: 'not', part: this.#factor(depth + 1) };
    if (this.#take('(')) {
      const inner = this.expression(depth + 1);
      if (!this.#take(')')) this.expected('"and", "or" or ")"');
      return inner;
    }
    const made = this.#call() ?? this.#comparison(this.operand());
    this.ended = true;
    return made;
  }

  /** `tag "x"` and `exists(x)`; the words alone are names of fields. */
  #call(): Expression | undefined {
    const { token } = this;
    const after = this.#tokens[this.#next + 1];
    if (token.kind !== 'word') return undefined;
    if (token.text === 'tag' && after?.kind === 'string') {
      this.#next += 2;
      return { kind: 'tag', tag: after.text };
    }
    if (token.text !== 'exists' || after?.text !== '(' || after.kind !== 'symbol') return undefined;
    this.#next += 2;
    const operand = this.operand();
    if (!this.#take(')')) this.expected('")"');
    return { kind: 'exists', operand };
  }

  operand(): Operand {
    const quoted = this.token.kind === 'string';
    const path: [string, ...string[]] = [this.#name()];
    while (this.#take('.')) path.push(this.#name());
    if (quoted || path.length > 2) return { kind: 'field', path };
    const [first, second] = path;
    if (first === 'record' && second === undefined) return { kind: 'record' };
    return first === 'label' && second !== undefined ? { kind: 'label', name: second } : { kind: 'field', path };
  }

  #name(): string {
    const { token } = this;
    if (token.kind !== 'word' && token.kind !== 'string') this.expected('a field');
    this.#next += 1;
    return token.text;
  }

  #comparison(operand: Operand): Expression {
    const { token } = this;
    const text = token.kind === 'symbol' || token.kind === 'word' ? token.text : '';
    if (text === 'not' && this.#tokens[this.#next + 1]?.text === 'in') {
      this.#next += 1;
      return { kind: 'not', part: this.#comparison(operand) };
    }
    if (!comparisons.includes(text)) this.#unknownComparison();
    this.#next += 1;
    if (text === '==') return { kind: 'in', operand, values: [this.#literal()] };
    if (text === '!=') return { kind: 'not', part: { kind: 'in', operand, values: [this.#literal()] } };
    if (text === 'in') return { kind: 'in', operand, values: this.#list() };
    if (text === 'matches') return { kind: 'matches', operand, pattern: this.#pattern() };
    const order = orders.find((one): one is Order => one === text);
    if (order !== undefined) return { kind: 'order', operand, order, number: this.#number(order) };
    const operator = textOperators.find((one): one is TextOperator => one === text);
    if (operator === undefined) throw new Error(`no comparison ${text}`);
    return { kind: 'text', operand, operator, text: this.#text(operator) };
  }

  #unknownComparison(): never {
    const { token } = this;
    const hint = token.kind === 'word' ? didYouMean(token.text, comparisons, '') : '';
    this.expected(`a comparison (${comparisons.join(' ')})${hint === '' ? '' : `; ${hint}`}`);
  }

  #list(): readonly Literal[] {
    if (!this.#take('[')) this.expected('"["');
    const values = [this.#literal()];
    while (this.#take(',')) values.push(this.#literal());
    if (!this.#take(']')) this.expected('"," or "]"');
    return values;
  }

  #literal(): Literal {
    const { token } = this;
    this.#next += 1;
    if (token.kind === 'string') return token.text;
    if (token.kind === 'number') return token.value;
    if (token.kind === 'word' && token.text === 'true') return true;
    if (token.kind === 'word' && token.text === 'false') return false;
    if (token.kind === 'word' && token.text === 'null') return null;
    this.#next -= 1;
    this.expected(token.kind === 'word' ? 'a value ("text" in quotes, a number, true, false or null)' : 'a value');
  }

  #number(order: Order): number {
    const { token } = this;
    if (token.kind !== 'number') this.expected(`a number after ${order}`);
    this.#next += 1;
    return token.value;
  }

  #text(operator: TextOperator): string {
    const { token } = this;
    if (token.kind !== 'string') this.expected(`a text in quotes after ${operator}`);
    this.#next += 1;
    return token.text;
  }

  #pattern(): RegExp {
    const { token } = this;
    if (token.kind !== 'regexp') this.expected('a regular expression: /…/');
    this.#next += 1;
    return token.pattern;
  }

  #take(...texts: readonly string[]): boolean {
    const { kind, text } = this.token;
    if ((kind !== 'symbol' && kind !== 'word') || !texts.includes(text)) return false;
    this.#next += 1;
    return true;
  }
}
