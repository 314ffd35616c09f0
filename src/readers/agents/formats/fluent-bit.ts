import type { Problem } from '../../../core/problem.ts';
import type { ConfigText, MountedFile } from '../parse/mounted.ts';
import { joinPath } from '../parse/mounted.ts';
import type { Resolve, Value } from '../parse/value.ts';
import { expand } from '../parse/value.ts';
import { linesOf } from './lines.ts';
import type { Parsed, Tree } from './tree.ts';
import { mapTree } from './tree.ts';

const MAX_INCLUDES = 100;

interface Section {
  readonly name: Value;
  readonly entries: (readonly [Value, Tree])[];
}

interface Reading {
  readonly sections: Section[];
  readonly problems: Problem[];
  readonly variables: Map<string, Value>;
  readonly open: (path: string) => MountedFile;
  readonly resolve: Resolve;
  included: number;
}

/**
 * Reads Fluent Bit's classic format into the same tree as its YAML has: `service`, `pipeline.inputs`, `pipeline.outputs`.
 * `[SECTION]`, then indented `Key Value` lines; `@INCLUDE path`, `@SET name=value`, `${name}`; a `#` starts a comment line.
 */
export function readFluentBit(config: ConfigText, open: (path: string) => MountedFile, resolve: Resolve): Parsed {
  const reading: Reading = { sections: [], problems: [], variables: new Map(), open, resolve, included: 0 };
  readText(config, reading);
  const of = (name: string) => reading.sections.filter((section) => section.name.text.toUpperCase() === name);
  const origin = config.at(0, 0);
  const list = (name: string): Tree => ({ kind: 'list', items: of(name).map((section) => mapTree(section.name, section.entries)), origin });
  const key = (text: string): Value => ({ text, origin });
  const [service] = of('SERVICE');
  const pipeline = mapTree(key('pipeline'), [
    [key('inputs'), list('INPUT')],
    [key('outputs'), list('OUTPUT')],
  ]);
  const parts: (readonly [Value, Tree])[] = [[key('pipeline'), pipeline]];
  if (service !== undefined)
    parts.push([service.name.text === 'service' ? service.name : key('service'), mapTree(service.name, service.entries)]);
  return { tree: mapTree(key(''), parts), problems: reading.problems.slice(0, 3) };
}

function readText(config: ConfigText, reading: Reading): void {
  for (const line of linesOf(config.text)) {
    const trimmed = line.text.trim();
    const at = line.start + line.text.indexOf(trimmed);
    if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith(';')) continue;
    if (/^@include\s/i.test(trimmed)) include(config, trimmed, at, reading);
    else if (/^@set\s/i.test(trimmed)) set(config, trimmed, at, reading);
    else if (trimmed.startsWith('[')) openSection(config, trimmed, at, reading);
    else addEntry(config, trimmed, at, reading);
  }
}

function openSection(config: ConfigText, text: string, at: number, reading: Reading): void {
  const name = /^\[([^\]]+)\]$/.exec(text)?.[1];
  if (name !== undefined) reading.sections.push({ name: { text: name.trim(), origin: config.at(at, at + text.length) }, entries: [] });
  else
    reading.problems.push(
      syntax(config, at, text, 'is not a section', 'write [INPUT], [OUTPUT], [FILTER] or [SERVICE] on a line of its own'),
    );
}

function addEntry(config: ConfigText, text: string, at: number, reading: Reading): void {
  const section = reading.sections.at(-1);
  const match = /^(\S+)(?:\s+([\s\S]+))?$/.exec(text);
  if (section === undefined || match === null) {
    reading.problems.push(syntax(config, at, text, 'stands outside of a section', 'put it below a line such as [SERVICE]'));
    return;
  }
  const [, key = '', written] = match;
  if (written === undefined) {
    reading.problems.push(syntax(config, at, text, 'has a key without a value', 'write the key, spaces, and its value'));
    return;
  }
  const from = at + text.length - written.length;
  const raw: Value = { text: written, origin: config.at(from, from + written.length, true) };
  const value = expandVariables(raw, reading);
  const name: Value = { text: key.toLowerCase(), origin: config.at(at, at + key.length) };
  section.entries.push([name, { kind: 'scalar', value, origin: value.origin }]);
}

/** Fluent Bit replaces an unset variable by nothing. We cannot see the image's own environment, so it stays unknown. */
function expandVariables(value: Value, reading: Reading): Value {
  return expand(value, { pattern: /\$\{(?<name>[^}]+)\}/g }, (name) => reading.variables.get(name) ?? reading.resolve(name));
}

function set(config: ConfigText, text: string, at: number, reading: Reading): void {
  const match = /^@set\s+([^=\s]+)\s*=\s*(.*)$/i.exec(text);
  const [, name, value = ''] = match ?? [];
  if (name === undefined) return;
  const from = at + text.length - value.length;
  reading.variables.set(name, expandVariables({ text: value, origin: config.at(from, from + value.length, true) }, reading));
}

function include(config: ConfigText, text: string, at: number, reading: Reading): void {
  const path = text.replace(/^@include\s+/i, '').trim();
  reading.included += 1;
  const from = at + text.length - path.length;
  const origin = config.at(from, from + path.length);
  if (path.includes('*') || reading.included > MAX_INCLUDES) {
    reading.problems.push({
      severity: 'gap',
      code: 'config-include-not-read',
      message: `@INCLUDE ${path} is not followed`,
      hint: path.includes('*') ? 'patterns of file names are not read; name the files' : 'too many files include each other',
      origin,
    });
    return;
  }
  const file = reading.open(joinPath(config.path.replace(/[^/]*$/, ''), path));
  if (file.kind === 'text') readText(file.config, reading);
  else {
    const hint = file.kind === 'image' ? 'no mount of the container holds it; it may be the image’s own' : file.message;
    reading.problems.push({ severity: 'gap', code: 'config-include-not-read', message: `@INCLUDE ${path} cannot be read`, hint, origin });
  }
}

function syntax(config: ConfigText, at: number, text: string, what: string, hint: string): Problem {
  return {
    severity: 'error',
    code: 'config-syntax',
    message: `${config.path}: "${text.slice(0, 60)}" ${what}`,
    hint,
    origin: config.at(at, at + text.length),
  };
}
