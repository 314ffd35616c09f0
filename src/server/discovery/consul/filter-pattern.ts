/**
 * Patterns of `matches`. Consul's are RE2, which take time in proportion to the text; JavaScript's own do not, and a filter is
 * something that anybody with a reader's token sends. So this is a small machine of states (Thompson's construction): all
 * threads walk the text side by side, none goes back.
 *
 * Literals, `.`, classes with ranges and negation, \d \w \s and their opposites, groups, `|`, `* + ? {n,m}`, `^`, `$`. The rest is refused.
 */
export interface Pattern {
  /** Anywhere in the text, unless anchored. */
  test(text: string): boolean;
}

type State =
  | { readonly kind: 'one'; readonly test: (character: string) => boolean; next: number }
  | { readonly kind: 'split'; readonly next: number[] }
  | { readonly kind: 'start' | 'stop'; next: number }
  | { readonly kind: 'match' };

type Tree =
  | { readonly kind: 'one'; readonly test: (character: string) => boolean }
  | { readonly kind: 'start' | 'stop' }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Tree[] }
  | { readonly kind: 'repeat'; readonly part: Tree; readonly from: number; readonly to: number | undefined };

const longestPattern = 256;
const mostStates = 2_000;
const mostRepeats = 100;

class PatternProblem extends Error {}

export function compilePattern(text: string): Pattern | { readonly problem: string } {
  if (text.length > longestPattern) return { problem: `longer than ${longestPattern} characters` };
  try {
    return machine(parse([...text]));
  } catch (error) {
    // Our own way out of the recursion; everything else is a bug.
    if (error instanceof PatternProblem) return { problem: error.message };
    throw error;
  }
}

const classes: Readonly<Record<string, (character: string) => boolean>> = {
  d: (character) => /^[0-9]$/.test(character),
  w: (character) => /^[0-9A-Za-z_]$/.test(character),
  s: (character) => /^[\t\n\f\r ]$/.test(character),
};
const controls: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function escaped(character: string | undefined): (other: string) => boolean {
  if (character === undefined) throw new PatternProblem('ends in a backslash');
  const small = character.toLowerCase();
  const known = Object.hasOwn(classes, small) ? classes[small] : undefined;
  if (known !== undefined) return character === small ? known : (other) => !known(other);
  const literal = Object.hasOwn(controls, character) ? controls[character] : character;
  if (literal === character && /[0-9A-Za-z]/.test(character)) throw new PatternProblem(`\\${character} is not supported`);
  return (other) => other === literal;
}

function parse(characters: readonly string[]): Tree {
  let at = 0;
  let depth = 0;
  const any = (): Tree => {
    const parts = [all()];
    while (characters[at] === '|') {
      at += 1;
      parts.push(all());
    }
    return { kind: 'any', parts };
  };
  const all = (): Tree => {
    const parts: Tree[] = [];
    while (at < characters.length && characters[at] !== '|' && characters[at] !== ')') parts.push(repeated(atom()));
    return { kind: 'all', parts };
  };
  const repeated = (part: Tree): Tree => {
    const sign = characters[at];
    if (sign !== '*' && sign !== '+' && sign !== '?' && sign !== '{') return part;
    const [from, to] = sign === '{' ? counts() : [sign === '+' ? 1 : 0, sign === '?' ? 1 : undefined];
    at += 1;
    if (characters[at] === '?') at += 1; // lazy or greedy makes no difference to whether there is a match
    if (part.kind === 'start' || part.kind === 'stop') throw new PatternProblem('an anchor cannot be repeated');
    return { kind: 'repeat', part, from, to };
  };
  const counts = (): [number, number | undefined] => {
    const close = characters.indexOf('}', at);
    const [, low, comma, high] = /^\{(\d{1,4})(,(\d{0,4}))?$/.exec(characters.slice(at, close === -1 ? at : close).join('')) ?? [];
    if (low === undefined) throw new PatternProblem('"{" without counts; write \\{ for the character');
    at = close;
    const from = Number(low);
    const to = comma === undefined ? from : high === '' ? undefined : Number(high);
    if (from > mostRepeats || (to ?? from) > mostRepeats || (to ?? from) < from) throw new PatternProblem(`counts go up to ${mostRepeats}`);
    return [from, to];
  };
  const atom = (): Tree => {
    const character = characters[at++];
    if (character === '(') return group();
    if (character === '[') return { kind: 'one', test: set() };
    if (character === '.') return { kind: 'one', test: (other) => other !== '\n' };
    if (character === '^') return { kind: 'start' };
    if (character === '$') return { kind: 'stop' };
    if (character === '\\') return { kind: 'one', test: escaped(characters[at++]) };
    if (character === '*' || character === '+' || character === '?' || character === '{')
      throw new PatternProblem(`"${character}" has nothing to repeat`);
    return { kind: 'one', test: (other) => other === character };
  };
  const group = (): Tree => {
    if (++depth > 32) throw new PatternProblem('nested too deep');
    if (characters[at] === '?') {
      if (characters[at + 1] !== ':') throw new PatternProblem('of the groups with "(?" only "(?:" is supported');
      at += 2;
    }
    const inner = any();
    if (characters[at++] !== ')') throw new PatternProblem('")" is missing');
    depth -= 1;
    return inner;
  };
  const set = (): ((character: string) => boolean) => {
    const negated = characters[at] === '^';
    if (negated) at += 1;
    const tests: ((character: string) => boolean)[] = [];
    for (let first = true; first || characters[at] !== ']'; first = false) {
      const low = characters[at++];
      if (low === undefined) throw new PatternProblem('"]" is missing');
      if (low === '\\') tests.push(escaped(characters[at++]));
      else if (characters[at] === '-' && characters[at + 1] !== ']' && characters[at + 1] !== undefined) {
        const high = characters[at + 1] ?? low;
        if (high < low || high === '\\') throw new PatternProblem(`"${low}-${high}" is no range`);
        at += 2;
        tests.push((other) => other >= low && other <= high);
      } else tests.push((other) => other === low);
    }
    at += 1;
    return (character) => tests.some((test) => test(character)) !== negated;
  };
  const tree = any();
  if (at < characters.length) throw new PatternProblem('")" without "("');
  return tree;
}

function machine(tree: Tree): Pattern {
  const states: State[] = [{ kind: 'match' }];
  const add = (state: State): number => {
    if (states.length >= mostStates) throw new PatternProblem('too large');
    return states.push(state) - 1;
  };
  /** Built from the end: `next` is the state after this part; the result is its first. */
  const build = (part: Tree, next: number): number => {
    switch (part.kind) {
      case 'one':
        return add({ kind: 'one', test: part.test, next });
      case 'start':
      case 'stop':
        return add({ kind: part.kind, next });
      case 'all':
        return part.parts.reduceRight((after, one) => build(one, after), next);
      case 'any':
        return part.parts.length === 1
          ? build(part.parts[0] ?? part, next)
          : add({ kind: 'split', next: part.parts.map((one) => build(one, next)) });
      case 'repeat':
        return repeat(part.part, part.from, part.to, next);
      default:
        return part satisfies never;
    }
  };
  const repeat = (part: Tree, from: number, to: number | undefined, next: number): number => {
    let first = next;
    if (to === undefined) {
      const split: State & { kind: 'split' } = { kind: 'split', next: [next] };
      first = add(split);
      split.next.push(build(part, first));
    }
    for (let count = from; count < (to ?? from); count++) first = add({ kind: 'split', next: [next, build(part, first)] });
    for (let count = 0; count < from; count++) first = build(part, first);
    return first;
  };
  const first = build(tree, 0);

  return {
    test(text) {
      const characters = [...text];
      let here = new Set<number>();
      const follow = (state: number, into: Set<number>, at: number) => {
        const open = [state];
        for (let one = open.pop(); one !== undefined; one = open.pop()) {
          const entry = states[one];
          if (entry === undefined || into.has(one)) continue;
          into.add(one);
          if (entry.kind === 'split') open.push(...entry.next);
          else if (entry.kind === 'start' && at === 0) open.push(entry.next);
          else if (entry.kind === 'stop' && at === characters.length) open.push(entry.next);
        }
      };
      for (let at = 0; ; at++) {
        follow(first, here, at);
        if (here.has(0)) return true;
        const character = characters[at];
        if (character === undefined) return false;
        const after = new Set<number>();
        for (const state of here) {
          const entry = states[state];
          if (entry?.kind === 'one' && entry.test(character)) follow(entry.next, after, at + 1);
        }
        here = after;
      }
    },
  };
}
