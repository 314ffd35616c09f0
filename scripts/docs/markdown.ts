/** Pieces of Markdown that all generated pages are made of. */

/** The first line of every generated page: tells the next reader where to change it. */
export const generatedFrom = (source: string): string => `<!-- Generated from ${source} by npm run docs: change it there. -->`;

/** A cell must not end its table: no line breaks, no bare pipes. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

export const fenced = (language: string, text: string): string => `\`\`\`${language}\n${text.replace(/\n+$/, '')}\n\`\`\``;

export const code = (text: string): string => `\`${text}\``;

/** A page: parts with an empty line between them and one line ending at the end. */
export const page = (...parts: readonly string[]): string => `${parts.filter((part) => part !== '').join('\n\n')}\n`;
