/** What is looked at before a version is stored: nothing that cannot be read leaves for an agent. */
import { parseAllDocuments } from 'yaml';
import type { FileOrigin } from '../../core/origin.ts';
import type { Problem } from '../../core/problem.ts';
import { SourceText } from '../../core/text.ts';
import type { ConfigFile } from './configurations.ts';

/** Errors are what refuses a version; warnings come along with it. */
export type Validate = (files: readonly ConfigFile[], kind: string) => readonly Problem[];

/**
 * A kind of agent has its own validator (of `fairlead-agent` the wiring has one, from the agent's settings); whatever the kind,
 * YAML and JSON are to be YAML and JSON. Other content types are not looked at.
 */
export function validator(kinds: Readonly<Record<string, Validate>> = {}): Validate {
  return (files, kind) => {
    const syntax = files.flatMap(syntaxProblems);
    if (syntax.some((problem) => problem.severity === 'error') || !Object.hasOwn(kinds, kind)) return syntax;
    return [...syntax, ...(kinds[kind]?.(files, kind) ?? [])];
  };
}

function syntaxProblems(file: ConfigFile): readonly Problem[] {
  const format = formatOf(file);
  const source = new SourceText(file.name === '' ? '<config>' : file.name, file.body);
  if (format === 'json') return jsonProblems(source);
  return format === 'yaml' ? yamlProblems(source) : [];
}

/** By content type; by the name's ending where the content type says nothing. */
export function formatOf({ name, contentType }: ConfigFile): 'yaml' | 'json' | undefined {
  const [type = ''] = contentType.toLowerCase().split(';', 1);
  if (/^(text|application)\/(x-)?yaml$|\+yaml$/.test(type.trim())) return 'yaml';
  if (/^application\/json$|^text\/json$|\+json$/.test(type.trim())) return 'json';
  if (type.trim() !== '' && type.trim() !== 'application/octet-stream' && type.trim() !== 'text/plain') return undefined;
  return /\.ya?ml$/i.test(name) ? 'yaml' : /\.json$/i.test(name) ? 'json' : undefined;
}

function jsonProblems(source: SourceText): readonly Problem[] {
  try {
    JSON.parse(source.text);
    return [];
  } catch (thrown) {
    const said = thrown instanceof Error ? thrown.message : String(thrown);
    const at = jsonErrorAt(source.text);
    const message = said.replace(/ \(line \d+ column \d+\)| in JSON| at position \d+/g, '');
    return [problem('json-syntax', source.origin(at, at + 1), `not JSON: ${message}`, 'write JSON; comments and trailing commas are none')];
  }
}

/**
 * The offset of the first character that no JSON text can have there. V8 names it in some of its sentences only, so it is searched
 * for: the longest beginning of the text that is wrong only because it ends.
 */
function jsonErrorAt(text: string): number {
  let good = 0;
  let bad = text.length;
  while (good < bad) {
    const middle = (good + bad + 1) >> 1;
    if (isBeginning(text.slice(0, middle))) good = middle;
    else bad = middle - 1;
  }
  return good;
}

function isBeginning(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (thrown) {
    const said = thrown instanceof Error ? thrown.message : '';
    const position = /at position (\d+)/.exec(said)?.[1];
    return said.startsWith('Unexpected end') || said.startsWith('Unterminated') || Number(position) === text.length;
  }
}

/** Nested flow collections beyond which the parser's recursion becomes a danger; no real configuration comes near. */
const maxDepth = 200;

function yamlProblems(source: SourceText): readonly Problem[] {
  const deep = tooDeep(source.text);
  if (deep !== undefined)
    return [problem('yaml-syntax', source.origin(deep, deep + 1), `nested deeper than ${maxDepth}`, 'write it flatter')];
  const documents = parseAllDocuments(source.text, { prettyErrors: false });
  return [...documents].flatMap((document) =>
    document.errors.map(({ pos, message }) =>
      problem(
        'yaml-syntax',
        source.origin(pos[0], pos[1]),
        `not YAML: ${message.split('\n')[0] ?? ''}`,
        'check indentation and quotes around this place',
      ),
    ),
  );
}

/** Brackets in quotes count too: an approximation from above that is right for every text that a person writes. */
function tooDeep(text: string): number | undefined {
  let depth = 0;
  let dashes = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === 0x5b || character === 0x7b) depth += 1;
    else if (character === 0x5d || character === 0x7d) depth = Math.max(0, depth - 1);
    else if (character === 0x0a) dashes = 0;
    // `- - - -` opens a list with every dash of a line.
    else if (character === 0x2d && text.charCodeAt(at + 1) === 0x20) dashes += 1;
    if (depth > maxDepth || dashes > 4 * maxDepth) return at;
  }
  return undefined;
}

function problem(code: string, origin: FileOrigin, message: string, hint: string): Problem {
  return { severity: 'error', code, message, hint, origin };
}
