import { isAbsolute, relative } from 'node:path';
import { SourceText } from '../core/text.ts';
import type { FileResult, Files } from './files.ts';

/** `files` that reads every path once and keeps what was read: reports show lines of it. */
export function recorded(files: Files): { readonly files: Files; readonly sources: ReadonlyMap<string, SourceText> } {
  const results = new Map<string, FileResult>();
  const sources = new Map<string, SourceText>();
  const read = (path: string): FileResult => {
    const known = results.get(path);
    if (known !== undefined) return known;
    const result = files.read(path);
    results.set(path, result);
    if (result.ok) sources.set(result.source.file, result.source);
    return result;
  };
  return { files: { read, exists: (path) => results.get(path)?.ok ?? files.exists(path) }, sources };
}

/**
 * `files` whose texts are called by the shorter of the path that was given and the path from `folder`. Mounted files are
 * found under absolute paths; findings shall name them as they name everything else.
 */
export function namedFrom(folder: string, files: Files): Files {
  return {
    exists: (path) => files.exists(path),
    read: (path) => {
      const result = files.read(path);
      const name = shorter(path, folder);
      return result.ok && name !== path ? { ok: true, source: new SourceText(name, result.source.text) } : result;
    },
  };
}

function shorter(path: string, folder: string): string {
  if (!isAbsolute(path)) return path;
  const fromFolder = relative(folder, path);
  return fromFolder.length < path.length ? fromFolder : path;
}

/** `files` with one text more: what came on standard input, under the name by which findings call it. */
export function withText(files: Files, name: string, text: string): Files {
  return {
    read: (path) => (path === name ? { ok: true, source: new SourceText(name, text) } : files.read(path)),
    exists: (path) => path === name || files.exists(path),
  };
}
