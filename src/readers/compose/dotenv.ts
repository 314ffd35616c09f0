import type { SourceText } from '../../core/text.ts';
import type { Place } from './node.ts';
import type { Problems } from './problems.ts';
import { report } from './problems.ts';
import { substitute } from './template.ts';
import type { Variable } from './variables.ts';

/**
 * `.env` and `env_file` as Compose reads them: `NAME=value`, `NAME: value`, `export NAME=value`, `NAME` alone (taken
 * from the shell), comments, single quotes (nothing is expanded), double quotes (escapes, several lines, variables)
 * and bare values (cut at " #", variables expanded).
 */
export interface DotenvOptions {
  readonly lookup: (name: string) => string | undefined;
  readonly problems: Problems;
  /** `format: raw` of an env_file: each line is NAME=value, nothing is interpreted. */
  readonly raw?: boolean;
}

interface Scan {
  readonly source: SourceText;
  readonly options: DotenvOptions;
  readonly found: Map<string, Variable>;
  at: number;
}

export function parseDotenv(source: SourceText, options: DotenvOptions): ReadonlyMap<string, Variable> {
  const scan: Scan = { source, options, found: new Map(), at: source.text.startsWith('\ufeff') ? 1 : 0 };
  if (options.raw === true) return parseRaw(scan);
  while (skipToStatement(scan)) statement(scan);
  return scan.found;
}

function parseRaw(scan: Scan): ReadonlyMap<string, Variable> {
  let at = 0;
  for (const line of scan.source.text.split('\n')) {
    const text = line.replace(/\r$/, '');
    const equals = text.indexOf('=');
    const name = (equals === -1 ? text : text.slice(0, equals)).trim();
    if (name !== '' && !text.trimStart().startsWith('#')) {
      if (equals === -1) inherit(name, place(scan, at, at + text.length), scan);
      else
        scan.found.set(name, { value: text.slice(equals + 1), place: { ...place(scan, at + equals + 1, at + text.length), exact: true } });
    }
    at += line.length + 1;
  }
  return scan.found;
}

function skipToStatement(scan: Scan): boolean {
  const { text } = scan.source;
  for (;;) {
    while (scan.at < text.length && /\s/.test(text[scan.at] ?? '')) scan.at += 1;
    if (scan.at >= text.length) return false;
    if (text[scan.at] !== '#') return true;
    scan.at = endOfLine(text, scan.at);
  }
}

function statement(scan: Scan): void {
  const { text } = scan.source;
  const lineEnd = endOfLine(text, scan.at);
  const line = text.slice(scan.at, lineEnd);
  const head = /^(?:export[ \t]+)?([^=:\s]*)[ \t]*([=:]?)[ \t]*/.exec(line);
  const name = head?.[1] ?? '';
  const start = scan.at;
  if (
    head === null ||
    name === '' ||
    !/^[\p{L}\p{N}_.\-[\]]+$/u.test(name) ||
    (head[2] === '' && line.slice(head[0].length).trim() !== '')
  ) {
    const hint = 'write NAME=value; the name may hold letters, digits, _ . and -';
    report(scan.options.problems, place(scan, start, lineEnd), {
      code: 'env-file-syntax',
      message: `"${line.trim().slice(0, 40)}" is not NAME=value`,
      hint,
    });
    scan.at = lineEnd;
    return;
  }
  if (head[2] === '') {
    inherit(name, place(scan, start, start + head[0].trimEnd().length), scan);
    scan.at = lineEnd;
    return;
  }
  value(name, start + head[0].length, lineEnd, scan);
}

function inherit(name: string, from: Place, scan: Scan): void {
  const inherited = scan.options.lookup(name);
  if (inherited !== undefined) scan.found.set(name, { value: inherited, place: from });
}

function value(name: string, from: number, lineEnd: number, scan: Scan): void {
  const { text } = scan.source;
  const quote = text[from];
  if (quote !== '"' && quote !== "'") {
    const line = text.slice(from, lineEnd).replace(/\r$/, '');
    const comment = line.startsWith('#') ? 0 : line.search(/\s#/);
    const bare = (comment === -1 ? line : line.slice(0, comment)).trimEnd();
    set(name, bare, from, from + bare.length, true, scan);
    scan.at = lineEnd;
    return;
  }
  const close = closingQuote(text, quote, from + 1);
  if (close === -1) {
    const hint = `close it with ${quote}`;
    report(scan.options.problems, place(scan, from, lineEnd), {
      code: 'env-file-syntax',
      message: `the value of ${name} opens a quote and never closes it`,
      hint,
    });
    scan.at = lineEnd;
    return;
  }
  const inner = text.slice(from + 1, close);
  set(name, quote === '"' ? unescaped(inner) : inner, from + 1, close, quote === '"', scan);
  scan.at = close + 1;
  const rest = text.slice(scan.at, endOfLine(text, scan.at));
  if (/^\s*(?:#.*)?$/.test(rest)) scan.at += rest.length;
}

function set(name: string, written: string, start: number, end: number, expanded: boolean, scan: Scan): void {
  const lookup = (wanted: string) => scan.options.lookup(wanted) ?? scan.found.get(wanted)?.value;
  const result = expanded ? substitute(written, lookup) : { text: written };
  if ('failure' in result && result.failure !== undefined) {
    const hint = 'write ${NAME} or ${NAME:-default}, or put the value into single quotes';
    report(scan.options.problems, place(scan, start, end), {
      code: 'env-file-syntax',
      message: `the value of ${name} holds "${result.failure.text}"`,
      hint,
    });
  }
  const exact = scan.source.text.slice(start, end) === result.text;
  scan.found.set(name, { value: result.text, place: { ...place(scan, start, end), exact } });
}

/** Backslash escapes of double quotes: \n and \r are line ends, \$ keeps the dollar sign from being expanded. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([\s\S])/g, (_, char: string) =>
    char === 'n' ? '\n' : char === 'r' ? '\r' : char === 't' ? '\t' : char === '$' ? '$$' : char,
  );
}

function closingQuote(text: string, quote: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === quote && text[at - 1] !== '\\') return at;
  }
  return -1;
}

const endOfLine = (text: string, from: number): number => {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
};

const place = (scan: Scan, start: number, end: number): Place => ({ source: scan.source, start, end, exact: false, via: [] });
