import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { substitute } from './template.ts';

const values: Readonly<Record<string, string>> = { A: 'a', EMPTY: '', B: 'b' };
const fill = (template: string) => substitute(template, (name) => values[name]);

test('each form of a substitution gives what the shell would', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['$A', 'a'],
    ['${A}', 'a'],
    ['x${A}y$B.', 'xayb.'],
    ['${NO:-d}', 'd'],
    ['${EMPTY:-d}', 'd'],
    ['${EMPTY-d}', ''],
    ['${NO-d}', 'd'],
    ['${A:+set}', 'set'],
    ['${EMPTY:+set}', ''],
    ['${EMPTY+set}', 'set'],
    ['${NO:-${ALSO_NO:-$A}}', 'a'],
    ['${NO:-a}b}', 'ab}'],
    ['${A:?x}', 'a'],
    ['$$A ${A}$$', '$A a$'],
    ['$1 $(x) $', '$1 $(x) $'],
    ['${NO:-http://$A:80/}', 'http://a:80/'],
  ];
  for (const [template, expected] of cases) strictEqual(fill(template).text, expected, template);
});

test('a name without value and default is remembered with its place', () => {
  deepStrictEqual(fill('x ${NO} $ALSO').unset, [
    { name: 'NO', offset: 2, length: 5 },
    { name: 'ALSO', offset: 8, length: 5 },
  ]);
});

test('what is used is the outermost expression', () => {
  deepStrictEqual(fill('a${NO:-${A}}').used, [{ expression: '${NO:-${A}}', name: 'NO', offset: 1 }]);
});

test('a required variable fails with its reason', () => {
  deepStrictEqual(fill('x${NO:?need $A}').failure, { kind: 'required', offset: 1, text: 'need a', name: 'NO' });
  strictEqual(fill('${EMPTY:?}').failure?.kind, 'required');
  strictEqual(fill('${EMPTY?}').failure, undefined);
});

test('what is no substitution is refused where it begins', () => {
  for (const template of ['a${', '${}', '${A', '${A b}', '${1}', '${A!}', '${-x}'])
    strictEqual(fill(template).failure?.kind, 'invalid', template);
});

test('defaults nested without end are refused and take no time', () => {
  strictEqual(fill('${NO:-'.repeat(10_000)).failure?.kind, 'invalid');
});
