/**
 * Consul's filter expressions (api-docs/features/filtering): `Service.Meta.env == "prod" and "web" in Service.Tags`.
 * There are ==, !=, in, not in, contains, not contains, matches, not matches, is empty, is not empty, and, or, not and brackets.
 * Selectors are checked against what an endpoint has, so that a misspelt one is an answer 400 and not an empty list.
 */
import { type Word, words } from './filter-lexer.ts';
import { compilePattern, type Pattern } from './filter-pattern.ts';

/** What is behind a selector; the entries of a map are strings. */
export type Kind = 'string' | 'number' | 'boolean' | 'list' | 'map';
export type Selectors = Readonly<Record<string, Kind>>;

export type Filter = (row: unknown) => boolean;
export type ParsedFilter = { readonly ok: true; readonly filter: Filter } | { readonly ok: false; readonly problem: string };

const longestChars = 2_048;
const deepest = 64;

interface Selected {
  readonly kind: Kind;
  readonly path: readonly string[];
}

class FilterProblem extends Error {}

export function parseFilter(text: string, selectors: Selectors): ParsedFilter {
  if (text.length > longestChars) return { ok: false, problem: `the filter is longer than ${longestChars} characters` };
  const list = words(text);
  if ('problem' in list) return { ok: false, problem: list.problem };
  try {
    return { ok: true, filter: parser(list, selectors) };
  } catch (error) {
    // Our own way out of the recursion; everything else is a bug.
    if (error instanceof FilterProblem) return { ok: false, problem: error.message };
    throw error;
  }
}

function parser(list: readonly Word[], selectors: Selectors): Filter {
  let next = 0;
  let depth = 0;
  const end: Word = { kind: 'end', value: '', at: 0 };
  const peek = (ahead = 0): Word => list[next + ahead] ?? end;
  const take = (): Word => list[next++] ?? end;
  const fail = (wanted: string): never => {
    const { value, at, kind } = peek();
    throw new FilterProblem(
      `${kind === 'end' ? 'the filter ends' : `"${value}" stands`} at character ${at + 1} where ${wanted} is expected`,
    );
  };
  const isName = (value: string, ahead = 0): boolean => peek(ahead).kind === 'name' && peek(ahead).value === value;
  const accept = (value: string): boolean => isName(value) && take() !== undefined;

  const or = (): Filter => {
    let left = and();
    while (accept('or')) {
      const [a, b] = [left, and()];
      left = (row) => a(row) || b(row);
    }
    return left;
  };
  const and = (): Filter => {
    let left = not();
    while (accept('and')) {
      const [a, b] = [left, not()];
      left = (row) => a(row) && b(row);
    }
    return left;
  };
  const not = (): Filter => {
    if (++depth > deepest) throw new FilterProblem(`the filter is nested more than ${deepest} deep`);
    try {
      if (accept('not')) {
        const inner = not();
        return (row) => !inner(row);
      }
      if (peek().kind !== 'sign' || peek().value !== '(') return comparison();
      take();
      const inner = or();
      if (peek().value !== ')' || peek().kind !== 'sign') fail('")"');
      take();
      return inner;
    } finally {
      depth -= 1;
    }
  };

  const value = (): string => (peek().kind === 'text' || peek().kind === 'name' ? take().value : fail('a value'));
  const selector = (): Selected => (peek().kind === 'name' ? selected(take().value, selectors) : fail('a selector'));

  const comparison = (): Filter => {
    // `"value" in Selector` begins with its value; everything else with a selector.
    if (isName('in', 1) || (isName('not', 1) && isName('in', 2))) {
      const wanted = value();
      const negated = accept('not');
      take();
      return negatedIf(negated, membership(selector(), wanted));
    }
    const left = selector();
    if (peek().kind === 'sign' && (peek().value === '==' || peek().value === '!='))
      return negatedIf(take().value === '!=', equality(left, value()));
    if (accept('is')) {
      const negated = accept('not');
      if (!accept('empty')) fail('"empty"');
      return negatedIf(negated, emptiness(left));
    }
    const negated = accept('not');
    if (accept('contains')) return negatedIf(negated, membership(left, value()));
    if (accept('matches')) return negatedIf(negated, matching(left, value()));
    return fail('an operator');
  };

  const filter = or();
  if (peek().kind !== 'end') fail('"and", "or" or the end');
  return filter;
}

const negatedIf = (negated: boolean, filter: Filter): Filter => (negated ? (row) => !filter(row) : filter);

function selected(text: string, selectors: Selectors): Selected {
  const whole = selectors[text];
  if (whole !== undefined && Object.hasOwn(selectors, text)) return { kind: whole, path: text.split('.') };
  const bracket = /^(.*)\["(.*)"\]$/su.exec(text);
  for (const [name, kind] of Object.entries(selectors)) {
    if (kind !== 'map') continue;
    if (bracket?.[1] === name) return { kind: 'string', path: [...name.split('.'), (bracket[2] ?? '').replaceAll(/\\(.)/g, '$1')] };
    if (text.startsWith(`${name}.`)) return { kind: 'string', path: [...name.split('.'), text.slice(name.length + 1)] };
  }
  throw new FilterProblem(`Selector "${text}" is not valid; there are ${Object.keys(selectors).join(', ')}`);
}

function at(row: unknown, path: readonly string[]): unknown {
  let here = row;
  for (const key of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined;
    here = Reflect.get(here, key);
  }
  return here;
}

function equality({ kind, path }: Selected, wanted: string): Filter {
  if (kind === 'list' || kind === 'map') throw new FilterProblem(`${path.join('.')} is a ${kind}: use in, contains or is empty`);
  if (kind === 'number' && !/^-?\d+$/.test(wanted)) throw new FilterProblem(`${path.join('.')} is a number, "${wanted}" is none`);
  // A key that a map does not have is equal to nothing, as in Consul.
  return (row) => {
    const found = at(row, path);
    return found !== undefined && String(found) === wanted;
  };
}

function membership({ kind, path }: Selected, wanted: string): Filter {
  if (kind === 'number' || kind === 'boolean') throw new FilterProblem(`${path.join('.')} is a ${kind}: use == or !=`);
  return (row) => {
    const found = at(row, path);
    if (Array.isArray(found)) return found.includes(wanted);
    if (typeof found === 'string') return found.includes(wanted);
    return typeof found === 'object' && found !== null && Object.hasOwn(found, wanted);
  };
}

function emptiness({ kind, path }: Selected): Filter {
  if (kind === 'number' || kind === 'boolean') throw new FilterProblem(`${path.join('.')} is a ${kind}: it is never empty`);
  return (row) => {
    const found = at(row, path);
    if (typeof found === 'string' || Array.isArray(found)) return found.length === 0;
    return typeof found !== 'object' || found === null || Object.keys(found).length === 0;
  };
}

function matching({ kind, path }: Selected, text: string): Filter {
  if (kind !== 'string') throw new FilterProblem(`${path.join('.')} is a ${kind}: matches is for texts`);
  const pattern: Pattern | { readonly problem: string } = compilePattern(text);
  if ('problem' in pattern) throw new FilterProblem(`the pattern "${text}": ${pattern.problem}`);
  return (row) => {
    const found = at(row, path);
    return typeof found === 'string' && pattern.test(found);
  };
}
