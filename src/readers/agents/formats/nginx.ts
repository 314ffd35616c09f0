import type { Problem } from '../../../core/problem.ts';
import type { ConfigText } from '../parse/mounted.ts';
import type { Value } from '../parse/value.ts';

/** `name arguments;` or `name arguments { … }`. */
export interface Directive {
  readonly name: string;
  readonly arguments: readonly Value[];
  /** Undefined for a simple directive. */
  readonly block?: readonly Directive[];
  readonly origin: Value['origin'];
}

const MAX_DEPTH = 100;
/** A comment, a quoted or bare word (with `${name}` in it), or one of `;`, `{`, `}`. */
const TOKEN =
  /#[^\n]*|"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|(?:\$\{\w*\}|\\[\s\S]|[^\s;{}"'#\\])(?:\$\{\w*\}|\\[\s\S]|[^\s;{}\\])*|[;{}]/g;

interface OpenBlock {
  readonly name: string;
  readonly origin: Value['origin'];
  readonly directives: Directive[];
}

/** Reads the format of nginx's configuration (https://nginx.org/en/docs/beginners_guide.html#conf_structure). */
export function readNginx(config: ConfigText): { readonly directives: readonly Directive[]; readonly problems: readonly Problem[] } {
  const root: OpenBlock = { name: '', origin: config.at(0, 0), directives: [] };
  const stack: OpenBlock[] = [root];
  let words: Value[] = [];
  for (const match of config.text.matchAll(TOKEN)) {
    const [token] = match;
    if (token.startsWith('#')) continue;
    const top = stack.at(-1) ?? root;
    const [first, ...rest] = words;
    if (token === '{') {
      const block: OpenBlock = {
        name: first?.text ?? '',
        origin: first?.origin ?? config.at(match.index, match.index + 1),
        directives: [],
      };
      top.directives.push({ name: block.name, arguments: rest, block: block.directives, origin: block.origin });
      stack.push(block);
      words = [];
      if (stack.length > MAX_DEPTH) break;
    } else if (token === ';' || token === '}') {
      if (token === ';' && first !== undefined) top.directives.push({ name: first.text, arguments: rest, origin: first.origin });
      if (token === '}' && stack.length > 1) stack.pop();
      words = [];
    } else words.push(wordOf(config, token, match.index));
  }
  const [, open] = stack;
  // Lua has braces of its own rules.
  if (open === undefined || config.text.includes('_by_lua') || stack.length > MAX_DEPTH)
    return { directives: root.directives, problems: [] };
  const message = `${config.path}: ${open.name} { is never closed`;
  const problem = { severity: 'error', code: 'config-syntax', message, hint: 'add the missing }', origin: open.origin } as const;
  return { directives: root.directives, problems: [problem] };
}

function wordOf(config: ConfigText, token: string, at: number): Value {
  const quoted = /^(["'])([\s\S]*)\1$/.exec(token);
  const [from, to] = quoted === null ? [at, at + token.length] : [at + 1, at + token.length - 1];
  const text = config.text.slice(from, to);
  return { text, origin: config.at(from, to, !text.includes('\\') && !text.includes('\n')) };
}

/** All directives, those of blocks too, outer ones first. */
export function* everyDirective(directives: readonly Directive[]): Iterable<Directive> {
  for (const directive of directives) {
    yield directive;
    if (directive.block !== undefined) yield* everyDirective(directive.block);
  }
}
