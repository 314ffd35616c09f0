import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Example, readExamples } from '../../src/doctor/rules/examples.ts';
import { rules } from '../../src/doctor/rules/index.ts';
import type { Input } from '../../src/readers/discover.ts';
import { type EverydayCase, everydayCases } from '../../test/everyday/cases.ts';
import { outsideName } from '../lan.ts';

/** Files with a planted fault, and what they say of their host in the words of a rule's page (`docker=28`, `host-listener=…`). */
export interface FaultyFiles {
  /** `R05:18`: rule and line of its page; `R05 name`: a folder of faults/. */
  readonly id: string;
  readonly ruleId: string;
  /** Name → text, the first being the one that is judged. */
  readonly files: ReadonlyMap<string, string>;
  readonly host: ReadonlyMap<string, readonly string[]>;
  /** An everyday case: what its links and questions must come to. */
  readonly everyday?: EverydayCase;
}

/** Files lie in a folder of this name, which Compose makes the project's name. */
export const PROJECT = 'example';

const rulesFolder = join(import.meta.dirname, '../../src/doctor/rules');
const plantedFolder = join(import.meta.dirname, 'faults');

/** All failing examples of all pages, and the faults that no page shows in a form that can run. */
export function faultyFiles(): readonly FaultyFiles[] {
  const fromPages = rules.flatMap((rule) => {
    const page = readFileSync(join(rulesFolder, rule.name, 'doc.md'), 'utf8');
    return readExamples(page)
      .filter((example) => example.verdict === 'fail')
      .map((example) => ofExample(rule.id, example));
  });
  return [...fromPages, ...planted(), ...everydayCases.map(ofEveryday)];
}

function ofExample(ruleId: string, example: Example): FaultyFiles {
  return { id: `${ruleId}:${example.pageLine}`, ruleId, files: mapTexts(example.files, withOutsideName), host: example.host };
}

/** The lab's outer world has one machine and one name: whoever is dialled out there is that one. */
function withOutsideName(text: string): string {
  return text.replaceAll('intake.example.org', outsideName);
}

function mapTexts(texts: ReadonlyMap<string, string>, change: (text: string) => string): ReadonlyMap<string, string> {
  return new Map([...texts].map(([name, text]) => [name, change(text)]));
}

function ofEveryday(everyday: EverydayCase): FaultyFiles {
  const { name, files, flags, findings } = everyday;
  return {
    id: `everyday: ${name}`,
    ruleId: findings[0]?.rule ?? '',
    files: new Map(Object.entries(files)),
    host: wordsOf(flags),
    everyday,
  };
}

/** `docker=28` → docker: [28]. */
function wordsOf(words: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const pairs = words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)] as const);
  return new Map([...Map.groupBy(pairs, ([key]) => key)].map(([key, all]) => [key, all.map(([, value]) => value)]));
}

/** `faults/R05 two-projects/app/compose.yaml`; a file `host` holds words of the host, one per line. */
function planted(): readonly FaultyFiles[] {
  return readdirSync(plantedFolder).map((name) => {
    const texts = new Map(
      readdirSync(join(plantedFolder, name), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort(overridesLast)
        .map((path) => [path.slice(join(plantedFolder, name).length + 1), readFileSync(path, 'utf8')] as const),
    );
    const words = (texts.get('host') ?? '').split('\n').filter((line) => line !== '');
    texts.delete('host');
    return { id: name, ruleId: name.split(' ')[0] ?? '', files: texts, host: wordsOf(words) };
  });
}

/** Compose merges an override over what it is named after, whatever the alphabet says. */
function overridesLast(a: string, b: string): number {
  return Number(a.includes('.override.')) - Number(b.includes('.override.')) || a.localeCompare(b);
}

/** Compose files by their folder, scripts, and registries; whatever else is there is only mounted. */
export function inputsOf({ files }: FaultyFiles, base: string): readonly Input[] {
  const names = [...files.keys()];
  const at = (name: string): string => join(base, name);
  const compose = names.filter((name) => /(?:^|\/)(?:docker-)?compose(?:\.\w+)?\.ya?ml$/.test(name));
  const projects = [...Map.groupBy(compose, dirname).values()].map((paths): Input => ({ kind: 'compose', paths: paths.map(at) }));
  const others = names.flatMap((name): Input[] => {
    if (name.endsWith('.sh')) return [{ kind: 'commands', path: at(name), syntax: 'shell' }];
    return name.endsWith('.json') ? [{ kind: 'json', path: at(name) }] : [];
  });
  return [...projects, ...others];
}

/** The texts by absolute path, as overlays want them. */
export function textsAt({ files }: FaultyFiles, base: string): ReadonlyMap<string, string> {
  return new Map([...files].map(([name, text]) => [resolve(base, name), text]));
}
