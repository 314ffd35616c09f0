/** The pages of the rules, which are documentation, tests (rules.test.ts) and the help of code scanning services at once. */
import { readFileSync } from 'node:fs';
import type { Rule } from '../rule.ts';

/** Put in by the build, where the pages are part of the program. */
declare const FAIRLEAD_VERSION: string | undefined;

/** The page of a rule as it is read: Markdown, without what only the tests of its examples need. */
export async function pageOf(rule: Rule): Promise<string> {
  return forReading(await textOf(rule));
}

async function textOf({ name }: Rule): Promise<string> {
  if (typeof FAIRLEAD_VERSION !== 'string') return readFileSync(new URL(`./${name}/doc.md`, import.meta.url), 'utf8');
  // esbuild makes a module of each page that fits the pattern.
  const page: { readonly default: string } = await import(`./${name}/doc.md`);
  return page.default;
}

/** Info strings of examples are for the tests that run them; people need the language at most. */
function forReading(markdown: string): string {
  return markdown.replaceAll(/^(`{3,}|~{3,})(\w+)[^\n]*$/gm, '$1$2').trimEnd();
}

/** The same page for where Markdown is not rendered: examples are indented, headings and code have no marks. */
export function withoutMarks(page: string): string {
  let inside = false;
  const lines = page.split('\n').flatMap((line) => {
    if (/^(?:`{3,}|~{3,})/.test(line)) {
      inside = !inside;
      return [];
    }
    return [inside ? `    ${line}`.trimEnd() : line.replace(/^#+ /, '').replaceAll('`', '')];
  });
  return lines.join('\n');
}
