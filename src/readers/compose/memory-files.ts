/** Files in memory, for tests: paths are as the reader asks for them. */
import { normalize } from 'node:path';
import { SourceText } from '../../core/text.ts';
import type { Files } from '../files.ts';

export function memoryFiles(texts: Readonly<Record<string, string>>): Files {
  const find = (path: string) => texts[normalize(path)];
  return {
    read: (path) => {
      const text = find(path);
      return text === undefined
        ? { ok: false, reason: 'missing', message: 'no such file' }
        : { ok: true, source: new SourceText(path, text) };
    },
    exists: (path) => find(path) !== undefined,
  };
}
