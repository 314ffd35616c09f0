import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { SourceText } from '../../core/text.ts';
import { parseDotenv } from './dotenv.ts';
import { newProblems } from './problems.ts';

function read(text: string, options: { raw?: boolean; shell?: Record<string, string> } = {}) {
  const problems = newProblems();
  const source = new SourceText('.env', text);
  const found = parseDotenv(source, { lookup: (name) => options.shell?.[name], problems, raw: options.raw ?? false });
  return {
    values: Object.fromEntries([...found].map(([name, variable]) => [name, variable.value])),
    found,
    problems: problems.list,
    source,
  };
}

test('each way to write a value is read as Compose reads it', () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['A=1', '1'],
    ['A = spaced  ', 'spaced'],
    ['export A=1', '1'],
    ['A: yaml', 'yaml'],
    ['A=', ''],
    ['A=x # comment', 'x'],
    ['A=x#y', 'x#y'],
    ["A='$B \\n'", '$B \\n'],
    ['A="a\\nb"', 'a\nb'],
    ['A="a\\"b"', 'a"b'],
    ['A="two\nlines"', 'two\nlines'],
    ['B=b\nA=${B}-$B', 'b-b'],
    ['A=${NO:-d}', 'd'],
    ['A=http://u:p@h/?q=1#f', 'http://u:p@h/?q=1#f'],
    ['A', undefined],
    ['# A=1', undefined],
    ['A=1\r\nB=2\r\n', '1'],
    ['\ufeffA=1', '1'],
  ];
  for (const [text, expected] of cases) strictEqual(read(text).values.A, expected, JSON.stringify(text));
});

test('a name alone is taken from the shell', () => {
  deepStrictEqual(read('A\nB\n', { shell: { A: 'from shell' } }).values, { A: 'from shell' });
});

test('in the raw format nothing is interpreted', () => {
  deepStrictEqual(read('A="q" # c\nB=$A\n\n# c\n', { raw: true }).values, { A: '"q" # c', B: '$A' });
});

test('the place of a value is exact when nothing in it was changed', () => {
  const { found, source } = read('A="plain"\nB="a\\nb"\nC=$A\n');
  const place = found.get('A')?.place;
  strictEqual(place?.exact, true);
  strictEqual(source.text.slice(place?.start, place?.end), 'plain');
  strictEqual(found.get('B')?.place?.exact, false);
  strictEqual(found.get('C')?.place?.exact, false);
});

test('lines that are no assignment and open quotes are reported with their line', () => {
  for (const [text, line] of [
    ['A=1\nnot an assignment\n', 2],
    ['A="open\nB=2\n', 1],
    ['=x\n', 1],
  ] as const) {
    const [problem] = read(text).problems;
    ok(problem?.origin.kind === 'file');
    strictEqual(problem.origin.span.line, line, text);
  }
});
