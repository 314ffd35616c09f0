import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lexShell } from './lexer.ts';
import type { Part } from './syntax.ts';

/** Words as `text`, quoted ones as "text", expansions as they are written; commands with the operator behind them. */
function shown(text: string, placeholders = false): readonly string[] {
  const part = (one: Part): string => {
    if (one.kind === 'text') return one.quoted ? JSON.stringify(one.text) : one.text;
    return text.slice(one.start, one.end);
  };
  const items = [...lexShell(text, 0, text.length, { placeholders }).items];
  return items.map(({ words, after }) =>
    `${words.map((word) => word.parts.map(part).join('')).join(' ')} ${JSON.stringify(after).slice(1, -1)}`.trim(),
  );
}

test('commands end at operators and lines, words at blanks', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['a b; c && d || e | f & g', ['a b ;', 'c &&', 'd ||', 'e |', 'f &', 'g end']],
    ['a \\\n  b\\\nc\nd', ['a bc \\n', 'd end']],
    ['a # b\n#c\nd', ['a \\n', 'd end']],
    ['a \'b c\' "d e" f\\ g', ['a "b c" "d"'.replace('"d"', '"d e"'), 'x'].slice(0, 1).map((line) => `${line} f" "g end`)],
    ["$'a\\tb\\x41' 'it'\\''s'", ['"a\\tbA" "it""\'""s" end']],
    ['a >f 2>&1 <in b &>x c', ['a b c end']],
    ['cat <<E >f; x\ndocker run y\nE\nz', ['cat ;', 'x \\n', 'z end']],
    ['cat <<-"E"\n\ty\n\tE\nz <<<w', ['cat \\n', 'z end']],
    ['a=(b "c d"\n e) f', ['a= f end']],
    ['x $(a; (b) "$(c)") `d e` ${f:-g "h"} $((1+(2))) ${i##*/} "$j"', ['x $(a; (b) "$(c)") `d e` ${f:-g "h"} $((1+(2))) ${i##*/} $j end']],
    ['(a) && ((b<<2)) || f() { c; }', ['(', 'a )', '&&', ';', '||', 'f (', ')', '{ c ;', '} end']],
  ];
  for (const [text, expected] of cases) assert.deepEqual(shown(text), expected, text);
});

test('a placeholder is a word on a page and a redirection in a script', () => {
  assert.deepEqual(shown('docker run <image> -p <port>:80', true), ['docker run <image> -p <port>:80 end']);
  assert.deepEqual(shown('docker run <image> x'), ['docker run end']);
});

test('what is never closed is named, and ends with the text', () => {
  for (const [text, what] of [
    ["a 'b", 'single quote'],
    ['a "b', 'double quote'],
    ['a `b', 'backtick'],
    ['a $(b', 'command substitution'],
  ] as const) {
    const lexed = lexShell(text, 0, text.length, { placeholders: false });
    assert.equal([...lexed.items].length, 1);
    assert.deepEqual(lexed.unclosed, { at: 2, what });
  }
});

test('a part that stands for itself has the place of its characters', () => {
  const text = `a 'b c' d"e\\"f"$'g'`;
  for (const { words } of lexShell(text, 0, text.length, { placeholders: false }).items)
    for (const word of words)
      for (const part of word.parts)
        if (part.kind === 'text') assert.equal(text.slice(part.start, part.end) === part.text, part.exact, part.text);
});
