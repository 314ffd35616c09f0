/** Links between Markdown pages: what they point at must exist, headings included. */
import { dirname, posix } from 'node:path';

export interface MarkdownPage {
  /** From the root of the repository, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** `docs/x.md:12 links to y.md, which does not exist`. `exists` is asked with a path from the root. */
export function brokenLinks(pages: readonly MarkdownPage[], exists: (path: string) => boolean): readonly string[] {
  const anchors = new Map(pages.map((page) => [page.path, headings(page.text)]));
  return pages.flatMap((page) =>
    linksOf(page).flatMap(({ target, line }) => {
      const [file = '', anchor] = target.split('#');
      const path = file === '' ? page.path : posix.normalize(posix.join(dirname(page.path), decodeURIComponent(file)));
      if (path.startsWith('..') || !exists(path)) return [`${page.path}:${line} links to ${target}, which does not exist`];
      const known = anchors.get(path);
      if (anchor === undefined || known === undefined || known.has(anchor)) return [];
      return [`${page.path}:${line} links to ${target}, but ${path} has no heading "${anchor}"`];
    }),
  );
}

/** Relative links only: the web is not asked in a test. */
export function linksOf(page: MarkdownPage): readonly { readonly target: string; readonly line: number }[] {
  return withoutCode(page.text)
    .split('\n')
    .flatMap((text, index) =>
      [...text.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)].map((match) => ({ target: match[1] ?? '', line: index + 1 })),
    )
    .filter(({ target }) => !/^[a-z][a-z0-9+.-]*:/i.test(target));
}

/** As GitHub makes them: lower case, punctuation away, spaces to hyphens, repeated ones numbered. */
export function headings(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const match of withoutCode(text).matchAll(/^#{1,6}[ \t]+(.+?)[ \t]*#*$/gm)) {
    const base = (match[1] ?? '')
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-');
    let anchor = base;
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${base}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** Code blocks and spans become blanks: what looks like a link in them is none. Headings keep the words of their code spans. */
function withoutCode(text: string): string {
  return text
    .replace(/^([ \t]*)(`{3,}|~{3,})[^\n]*\n[\s\S]*?^[ \t]*\2[ \t]*$/gm, (block) => block.replace(/[^\n]/g, ' '))
    .replace(/`([^`\n]*)`/g, (_, inside: string) => ` ${inside.replaceAll(/[[\]()]/g, ' ')} `)
    .replace(/^(#+.*)$/gm, (heading) => heading.replaceAll(/ {2,}/g, ' '));
}
