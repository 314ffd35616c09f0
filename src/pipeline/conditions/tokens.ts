/** Words of a condition, each with its place. */

export type Token =
  | { readonly kind: 'word' | 'string' | 'symbol' | 'end'; readonly text: string; readonly at: number; readonly end: number }
  | { readonly kind: 'number'; readonly value: number; readonly text: string; readonly at: number; readonly end: number }
  | { readonly kind: 'regexp'; readonly pattern: RegExp; readonly text: string; readonly at: number; readonly end: number };

export interface Mistake {
  readonly problem: string;
  /** Offset in the text. */
  readonly at: number;
}

export type Read<T> = { readonly ok: true; readonly value: T } | ({ readonly ok: false } & Mistake);

const word = /[A-Za-z_@$][\w@$-]*/y;
const number = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y;
const string = /"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'/y;
const regexp = /\/((?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([a-z]*)/y;
const symbol = /==|!=|<=|>=|&&|\|\||[<>!()[\],.]/y;

export function tokensOf(text: string): Read<readonly Token[]> {
  const tokens: Token[] = [];
  for (let at = skipSpace(text, 0); at < text.length; ) {
    const token = next(text, at, tokens.at(-1));
    if (!token.ok) return token;
    tokens.push(token.value);
    at = skipSpace(text, token.value.end);
  }
  return { ok: true, value: [...tokens, { kind: 'end', text: '', at: text.length, end: text.length }] };
}

function skipSpace(text: string, at: number): number {
  while (at < text.length && /\s/.test(text[at] ?? '')) at += 1;
  return at;
}

function next(text: string, at: number, before: Token | undefined): Read<Token> {
  const found = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  const plain = (kind: 'word' | 'symbol', [whole]: RegExpExecArray): Read<Token> => ({
    ok: true,
    value: { kind, text: whole, at, end: at + whole.length },
  });
  const asWord = found(word);
  if (asWord !== null) return plain('word', asWord);
  const asNumber = found(number);
  // After a point digits are a name: `codes.404`.
  if (asNumber !== null && before?.text !== '.')
    return { ok: true, value: { kind: 'number', value: Number(asNumber[0]), text: asNumber[0], at, end: at + asNumber[0].length } };
  if (asNumber !== null) return plain('word', asNumber);
  const asString = found(string);
  if (asString !== null) return stringToken(asString, at);
  const asRegexp = found(regexp);
  if (asRegexp !== null) return regexpToken(asRegexp, at);
  const asSymbol = found(symbol);
  if (asSymbol !== null) return plain('symbol', asSymbol);
  return { ok: false, at, problem: unreadable(text[at] ?? '') };
}

function unreadable(character: string): string {
  if (character === '"' || character === "'") return `this ${character} is not closed on its line`;
  if (character === '/') return 'this regular expression is not closed on its line; write /…/';
  if (character === '=') return 'one = compares nothing; write ==';
  return `${JSON.stringify(character)} means nothing here`;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', '"': '"', "'": "'", '\\': '\\', '/': '/' };

function stringToken([quoted, double, single]: RegExpExecArray, at: number): Read<Token> {
  let mistake: Mistake | undefined;
  const text = (double ?? single ?? '').replaceAll(/\\(u[0-9a-fA-F]{4}|.)/gs, (whole: string, inner: string, offset: number) => {
    if (inner.length > 1) return String.fromCharCode(Number.parseInt(inner.slice(1), 16));
    const meant = escapes[inner];
    if (meant === undefined) mistake ??= { at: at + 1 + offset, problem: `${whole} is no escape; write \\\\ for a backslash` };
    return meant ?? '';
  });
  return mistake === undefined ? { ok: true, value: { kind: 'string', text, at, end: at + quoted.length } } : { ok: false, ...mistake };
}

function regexpToken([whole, source = '', flags = '']: RegExpExecArray, at: number): Read<Token> {
  const foreign = /[^imsu]/.exec(flags);
  if (foreign !== null)
    return {
      ok: false,
      at: at + whole.length - flags.length + foreign.index,
      problem: `the flag ${foreign[0]} is not known; there are i, m, s and u`,
    };
  try {
    return { ok: true, value: { kind: 'regexp', pattern: new RegExp(source, flags), text: whole, at, end: at + whole.length } };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/^Invalid regular expression: \/.*\/[a-z]*: /s, '') : String(cause);
    return { ok: false, at, problem: `this is no regular expression: ${reason}` };
  }
}
