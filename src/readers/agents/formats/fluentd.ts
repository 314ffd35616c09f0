import type { Problem } from '../../../core/problem.ts';
import type { ConfigText } from '../parse/mounted.ts';
import type { Resolve, Value } from '../parse/value.ts';
import { expand } from '../parse/value.ts';
import { linesOf } from './lines.ts';

/** `<tag argument> … </tag>`. */
export interface Element {
  readonly tag: string;
  readonly argument: string;
  readonly parameters: ReadonlyMap<string, Value>;
  readonly children: readonly Element[];
  readonly origin: Value['origin'];
}

const MAX_DEPTH = 100;

interface OpenElement extends Element {
  readonly parameters: Map<string, Value>;
  readonly children: OpenElement[];
}

/** `#{ENV['X']}` and `#{ENV.fetch("X", "default")}` inside of double quotes. */
const RUBY =
  /#\{\s*ENV(?:\[["'](?<name>\w+)["']\]|\.fetch\(["'](?<fetched>\w+)["'](?:\s*[,)]\s*\{?\s*["']?(?<fallback>[^"'})]*)["']?\s*[})]?)?\)?)(?:\s*\|\|\s*["'](?<other>[^"']*)["'])?\s*\}/g;

/** Reads Fluentd's classic format. The root element holds everything. */
export function readFluentd(config: ConfigText, resolve: Resolve): { readonly root: Element; readonly problems: readonly Problem[] } {
  const make = (tag: string, argument: string, start: number, end: number): OpenElement => ({
    tag,
    argument,
    parameters: new Map(),
    children: [],
    origin: config.at(start, end),
  });
  const root = make('', '', 0, 0);
  const stack: OpenElement[] = [root];
  const problems: Problem[] = [];
  for (const line of linesOf(config.text)) {
    const trimmed = line.text.trim();
    const at = line.start + line.text.indexOf(trimmed);
    const end = at + trimmed.length;
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const top = stack.at(-1) ?? root;
    const closing = /^<\/\s*([\w@]+)\s*>/.exec(trimmed)?.[1];
    const opening = /^<\s*([\w@]+)\s*([^>]*)>/.exec(trimmed);
    if (closing !== undefined) {
      if (closing === top.tag && stack.length > 1) stack.pop();
      else
        problems.push(
          syntax(config, at, end, `</${closing}> closes nothing that is open`, top.tag === '' ? 'remove it' : `<${top.tag}> is open here`),
        );
    } else if (opening !== null) {
      if (stack.length > MAX_DEPTH) {
        problems.push(syntax(config, at, end, `nested deeper than ${MAX_DEPTH} levels`, 'is this the right file?'));
        break;
      }
      const child = make(opening[1] ?? '', (opening[2] ?? '').trim(), at, end);
      top.children.push(child);
      stack.push(child);
    } else addParameter(config, trimmed, at, top, resolve);
  }
  for (const open of stack.slice(1)) {
    problems.push({
      severity: 'error',
      code: 'config-syntax',
      message: `${config.path}: <${open.tag}> is never closed`,
      hint: `add </${open.tag}>`,
      origin: open.origin,
    });
  }
  return { root, problems: problems.slice(0, 3) };
}

function addParameter(config: ConfigText, text: string, at: number, element: OpenElement, resolve: Resolve): void {
  const match = /^(\S+)\s*(.*)$/.exec(text);
  const [, name = '', rest = ''] = match ?? [];
  const quoted = /^(["'])(.*)\1$/.exec(rest);
  const plain = quoted === null ? rest.replace(/\s+#.*$/, '') : (quoted[2] ?? '');
  const from = at + text.length - rest.length + (quoted === null ? 0 : 1);
  const value: Value = { text: plain, origin: config.at(from, from + plain.length, true) };
  element.parameters.set(name, quoted?.[1] === '"' ? expandRuby(value, resolve) : value);
}

function expandRuby(value: Value, resolve: Resolve): Value {
  if (!value.text.includes('#{')) return value;
  const fallbacks = new Map<string, string | undefined>();
  for (const match of value.text.matchAll(RUBY))
    fallbacks.set(match.groups?.name ?? match.groups?.fetched ?? '', match.groups?.fallback ?? match.groups?.other);
  const pattern = /#\{\s*ENV(?:\[["'](?<name>\w+)["']\]|\.fetch\(["'](?<plain>\w+)["'][^}]*)[^}]*\}|#\{(?<grafana>[^}]*)\}/g;
  return expand({ ...value }, { pattern }, (name) => {
    const fallback = fallbacks.get(name);
    return resolve(name) ?? (fallback === undefined || fallback === '' ? undefined : { text: fallback, origin: value.origin });
  });
}

function syntax(config: ConfigText, start: number, end: number, what: string, hint: string): Problem {
  return { severity: 'error', code: 'config-syntax', message: `${config.path}: ${what}`, hint, origin: config.at(start, end) };
}
