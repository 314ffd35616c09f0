/** Finds what the layer rules speak about: source files and their imports. Reads lines, not syntax trees: a rule that needs more is too clever. */
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, posix, relative } from 'node:path';

export interface SourceFile {
  /** Relative to the folder that was scanned, with `/`: `readers/compose/merge.ts`. */
  readonly path: string;
  readonly text: string;
}

export interface Import {
  readonly from: string;
  readonly line: number;
  /** As written. */
  readonly specifier: string;
  /** `file`: `target` is a path like `from`. `builtin`: a module of Node. `package`: `target` is the package's name. */
  readonly kind: 'file' | 'builtin' | 'package';
  readonly target: string;
  readonly typeOnly: boolean;
}

/** All TypeScript files below `folder`, tests and fixtures left out unless asked for: the rules speak of what is shipped. */
export function readSources(folder: string, options: { readonly tests?: boolean } = {}): readonly SourceFile[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ file, path: relative(folder, file).replaceAll('\\', '/') }))
    .filter(({ path }) => !path.split('/').includes('testdata') && (options.tests === true || !path.endsWith('.test.ts')))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ file, path }) => ({ path, text: readFileSync(file, 'utf8') }));
}

/**
 * `import … from 'x'`, `export … from 'x'`, `import 'x'` and `import('x')`. Statements may run over several lines: what
 * stands between the keyword and `from` holds no quote and no semicolon.
 */
const statement = /(?:^|\n)[ \t]*(import|export)\b(?:([^'";]*?)\bfrom\s*|\s*)'([^'\n]+)'|\bimport\(\s*'([^'\n]+)'/g;

export function importsOf({ path, text }: SourceFile): readonly Import[] {
  return [...withoutComments(text).matchAll(statement)].map((match) => {
    const specifier = match[3] ?? match[4] ?? '';
    const quoteAt = match.index + match[0].lastIndexOf(specifier);
    return {
      from: path,
      line: lineAt(text, quoteAt),
      specifier,
      typeOnly: /^\s*type\b/.test(match[2] ?? ''),
      ...resolveSpecifier(path, specifier),
    };
  });
}

function resolveSpecifier(from: string, specifier: string): Pick<Import, 'kind' | 'target'> {
  if (specifier.startsWith('.')) return { kind: 'file', target: posix.normalize(posix.join(dirname(from), specifier)) };
  if (isBuiltin(specifier)) return { kind: 'builtin', target: specifier.replace(/^node:/, '') };
  const [scope = '', name = ''] = specifier.split('/');
  return { kind: 'package', target: scope.startsWith('@') ? `${scope}/${name}` : scope };
}

/** Comments become blanks of the same length, so that places stay right and an example in a comment is not taken for an import. */
function withoutComments(text: string): string {
  return text.replace(/^[ \t]*(?:\/\/[^\n]*|\/\*[\s\S]*?\*\/)/gm, (comment) => comment.replace(/[^\n]/g, ' '));
}

export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

/** The sources that `entry` leads to, import by import: what is shipped. The rest serves tests. */
export function reachedFrom(entry: string, sources: readonly SourceFile[]): readonly SourceFile[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const reached = new Set<SourceFile>();
  const visit = (path: string): void => {
    const source = byPath.get(path);
    if (source === undefined || reached.has(source)) return;
    reached.add(source);
    for (const imported of importsOf(source)) if (imported.kind === 'file') visit(imported.target);
  };
  visit(entry);
  return sources.filter((source) => reached.has(source));
}
