/** A page of Markdown for a terminal: paragraphs are wrapped, headings and code stand out. Piped, it stays Markdown. */
import type { Style } from './style.ts';
import { wrap } from './style.ts';

/** Lines of prose are easier to read when they are not as long as a wide terminal. */
const WIDEST = 100;

export function pageText(markdown: string, style: Style): string {
  if (style.width === undefined) return markdown;
  const width = Math.min(style.width, WIDEST);
  return blocksOf(markdown)
    .map((block) => blockText(block, width, style))
    .join('\n\n');
}

/** Blocks are parted by empty lines; a fenced one goes on to its end. */
function blocksOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^(`{3,}|~{3,})[\s\S]*?^\1$|^\S[\s\S]*?(?=\n\s*\n|(?![\s\S]))/gm)].map(([block]) => block);
}

function blockText(block: string, width: number, style: Style): string {
  if (/^(?:`{3,}|~{3,})/.test(block)) {
    const lines = block.split('\n').slice(1, -1);
    return lines.map((line) => (line === '' ? '' : `    ${style.frame(line)}`)).join('\n');
  }
  const heading = /^#+ (.*)$/.exec(block);
  if (heading !== null) return style.strong(plain(heading[1] ?? ''));
  const items = block.split(/\n(?=- )/);
  return items.map((item) => itemText(item, width)).join('\n');
}

function itemText(item: string, width: number): string {
  const isItem = item.startsWith('- ');
  return wrap(plain(item.replaceAll(/\s*\n\s*/g, ' ')), width, isItem ? '  ' : '', 0);
}

const plain = (text: string): string => text.replaceAll('`', '');
