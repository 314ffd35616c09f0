/**
 * Compose's interpolation: `$$`, `$NAME`, `${NAME}` and `${NAME<op>word}` with the operators `:-` `-` `:?` `?` `:+` `+`;
 * the word may hold further substitutions. A `$` that begins none of these stands for itself; `${` that is not closed
 * or holds no name is refused.
 */
export interface Substitution {
  readonly text: string;
  /** The expressions that were replaced, outermost only: `${PORT:-9090}`. */
  readonly used: readonly { readonly expression: string; readonly name: string; readonly offset: number }[];
  /** Names that had neither a value nor a default. */
  readonly unset: readonly { readonly name: string; readonly offset: number; readonly length: number }[];
  readonly failure?: { readonly kind: 'invalid' | 'required'; readonly offset: number; readonly text: string; readonly name: string };
}

export type LookupVariable = (name: string) => string | undefined;

interface Run {
  readonly lookup: LookupVariable;
  readonly used: { expression: string; name: string; offset: number }[];
  readonly unset: { name: string; offset: number; length: number }[];
  failure: Substitution['failure'];
  budget: number;
}

/** `${A:-${B:-…}}` may not be nested deeper than a person would write it, and the result not grow without end. */
const MAX_NESTING = 40;
const MAX_RESULT = 1 << 20;

const named = /[A-Za-z_][A-Za-z0-9_]*/y;
const operator = /:?[-?+]/y;

export function substitute(template: string, lookup: LookupVariable): Substitution {
  if (!template.includes('$')) return { text: template, used: [], unset: [] };
  const run: Run = { lookup, used: [], unset: [], failure: undefined, budget: MAX_RESULT };
  const text = expand(template, 0, 0, run);
  const { used, unset, failure } = run;
  return { text, used, unset, ...(failure === undefined ? {} : { failure }) };
}

function expand(text: string, offset: number, depth: number, run: Run): string {
  let result = '';
  let at = 0;
  while (run.failure === undefined) {
    const dollar = text.indexOf('$', at);
    if (dollar === -1) break;
    result += text.slice(at, dollar);
    const piece = expandAt(text, dollar, offset, depth, run);
    result += piece.text;
    at = piece.end;
  }
  run.budget -= result.length;
  if (run.budget < 0) run.failure ??= { kind: 'invalid', offset, text: text.slice(0, 40), name: '' };
  return run.failure === undefined ? result + text.slice(at) : '';
}

function expandAt(text: string, dollar: number, offset: number, depth: number, run: Run): { readonly text: string; readonly end: number } {
  if (text[dollar + 1] === '$') return { text: '$', end: dollar + 2 };
  if (text[dollar + 1] !== '{') {
    const name = matchAt(named, text, dollar + 1);
    if (name === '') return { text: '$', end: dollar + 1 };
    return { text: plainValue(name, `$${name}`, offset + dollar, depth, run), end: dollar + 1 + name.length };
  }
  const close = closingBrace(text, dollar);
  const name = matchAt(named, text, dollar + 2);
  const afterName = dollar + 2 + name.length;
  const op = matchAt(operator, text, afterName);
  const end = close === -1 ? text.length : close + 1;
  const expression = text.slice(dollar, end);
  if (close === -1 || name === '' || (op === '' && afterName !== close) || depth > MAX_NESTING) {
    run.failure = { kind: 'invalid', offset: offset + dollar, text: expression, name };
    return { text: '', end };
  }
  if (op === '') return { text: plainValue(name, expression, offset + dollar, depth, run), end };
  const word = { text: text.slice(afterName + op.length, close), offset: offset + afterName + op.length };
  return { text: operated(name, op, word, { expression, offset: offset + dollar, depth }, run), end };
}

function plainValue(name: string, expression: string, offset: number, depth: number, run: Run): string {
  const value = run.lookup(name);
  if (depth === 0) run.used.push({ expression, name, offset });
  if (value === undefined) run.unset.push({ name, offset, length: expression.length });
  return value ?? '';
}

interface Site {
  readonly expression: string;
  readonly offset: number;
  readonly depth: number;
}

function operated(name: string, op: string, word: { readonly text: string; readonly offset: number }, site: Site, run: Run): string {
  const value = run.lookup(name);
  const present = op.startsWith(':') ? value !== undefined && value !== '' : value !== undefined;
  const inner = () => expand(word.text, word.offset, site.depth + 1, run);
  if (site.depth === 0) run.used.push({ expression: site.expression, name, offset: site.offset });
  if (op.endsWith('+')) return present ? inner() : '';
  if (present) return value ?? '';
  if (op.endsWith('-')) return inner();
  const reason = inner();
  run.failure ??= { kind: 'required', offset: site.offset, text: reason, name };
  return '';
}

function matchAt(pattern: RegExp, text: string, from: number): string {
  pattern.lastIndex = from;
  return pattern.exec(text)?.[0] ?? '';
}

/** The brace that closes the `${` at `from`; only `${` nests. */
function closingBrace(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '}') {
      depth -= 1;
      if (depth === 0) return at;
    } else if (text[at] === '$' && text[at + 1] === '{') {
      depth += 1;
      at += 1;
    }
  }
  return -1;
}
