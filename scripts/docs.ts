/** `npm run docs` writes the reference pages from code; `npm run docs -- --check` only says which are stale. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generatedPages, stalePages } from './docs/pages.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string): string | undefined => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined);

const pages = await generatedPages();
const stale = stalePages(pages, read);
if (process.argv.includes('--check')) {
  for (const sentence of stale) process.stderr.write(`${sentence}\n`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const { path, text } of pages) {
    if (read(path) === text) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    process.stdout.write(`${path}\n`);
  }
}
