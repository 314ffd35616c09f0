/** Patterns of paths: `*` and `?` within a name, `[a-z]`, `{a,b}`, and `**` for any number of folders. */

export interface Glob {
  /** The folder that the pattern begins with, without any wildcard. */
  readonly root: string;
  /** What a name must be at each level below it. */
  readonly levels: readonly Level[];
}

/** Any number of folders, one exact name, or names of a kind. */
export type Level = '**' | string | RegExp;

const wild = /[*?[{]/;

/** The pattern is absolute. */
export function parseGlob(pattern: string): Glob {
  const names = pattern.split('/').filter((name) => name !== '' && name !== '.');
  if (names.at(-1) === '**') names.push('*');
  const first = names.findIndex((name) => wild.test(name));
  // The last name is always a level: the root is a folder.
  const fixed = first === -1 ? names.length - 1 : Math.min(first, names.length - 1);
  return {
    root: `/${names.slice(0, fixed).join('/')}`,
    levels: names.slice(fixed).map((name) => (name === '**' ? '**' : wild.test(name) ? new RegExp(`^${nameSource(name)}$`, 's') : name)),
  };
}

/** A pattern as one expression for whole paths; one without a slash is for the last name alone. */
export function globExpression(pattern: string): RegExp {
  const names = pattern.split('/').filter((name, index) => name !== '' || index === 0);
  if (names.length === 1) return new RegExp(`(?:^|/)${nameSource(pattern)}$`, 's');
  const source = names.map((name, index) => (name === '**' ? (index === names.length - 1 ? '.*' : '(?:[^/]+/)*') : nameSource(name)));
  return new RegExp(`^${source.map((one, index) => (index === names.length - 1 || one.endsWith(')*') ? one : `${one}/`)).join('')}$`, 's');
}

function nameSource(name: string): string {
  let source = '';
  for (let at = 0; at < name.length; at++) {
    const character = name[at] ?? '';
    const close = character === '[' ? name.indexOf(']', at + 2) : character === '{' ? name.indexOf('}', at) : -1;
    if (character === '*') source += '[^/]*';
    else if (character === '?') source += '[^/]';
    else if (character === '[' && close !== -1) {
      source += `[${name
        .slice(at + 1, close)
        .replace(/^!/, '^')
        .replaceAll('\\', '\\\\')}]`;
      at = close;
    } else if (character === '{' && close !== -1) {
      const choices = name.slice(at + 1, close).split(',');
      source += `(?:${choices.map(nameSource).join('|')})`;
      at = close;
    } else source += character.replace(/[\\^$.|+()[\]{}]/, '\\$&');
  }
  return source;
}

/** The folder that every path that matches must lie in: what the expression begins with, up to the last slash before anything special. */
export function literalFolder(expression: RegExp): string {
  const literal = /^\^(\/(?:\\[./-]|[^\\^$.|?*+()[\]{}])*)/.exec(expression.source.replaceAll('\\/', '/'))?.[1] ?? '/';
  const plain = literal.replaceAll(/\\(.)/g, '$1');
  return plain.slice(0, plain.lastIndexOf('/')) || '/';
}
