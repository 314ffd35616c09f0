import { isAbsolute, relative } from 'node:path';
import { SourceText } from '../core/text.ts';
import type { FileResult, Files } from './files.ts';

/**
 * `files` that reads every path once and keeps what was read: reports show lines of it. Mounted files are found under
 * absolute paths; they are called by the shorter of that and the path from the working directory, as everything else.
 */
export function recorded(files: Files): { readonly files: Files; readonly sources: ReadonlyMap<string, SourceText> } {
  const results = new Map<string, FileResult>();
  const sources = new Map<string, SourceText>();
  const read = (path: string): FileResult => {
    const known = results.get(path);
    if (known !== undefined) return known;
    const found = files.read(path);
    const name = shortName(path);
    const result: FileResult =
      found.ok && name !== path ? { ok: true, source: sources.get(name) ?? new SourceText(name, found.source.text) } : found;
    results.set(path, result);
    if (result.ok) sources.set(result.source.file, result.source);
    return result;
  };
  return { files: { read, exists: (path) => results.get(path)?.ok ?? files.exists(path) }, sources };
}

/** `files` with one text more: what came on standard input, under the name by which findings call it. */
export function withText(files: Files, name: string, text: string): Files {
  return {
    read: (path) => (path === name ? { ok: true, source: new SourceText(name, text) } : files.read(path)),
    exists: (path) => path === name || files.exists(path),
  };
}

function shortName(path: string): string {
  if (!isAbsolute(path)) return path;
  const fromHere = relative(process.cwd(), path);
  return fromHere.length < path.length ? fromHere : path;
}
