/** What people meet every day comes out right, word for word: rule, place, sentence, fix, and what each link does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask } from './ask.ts';
import { everydayCases } from './cases.ts';

for (const one of everydayCases) {
  test(one.name, one.todo === undefined ? {} : { todo: one.todo }, () => {
    const { findings, links, asked } = one;
    assert.deepEqual(ask(one), { findings, links, asked });
  });
}

test('a sentence that differs in one word is told apart', () => {
  const one = everydayCases.find(({ findings }) => findings.length > 0);
  assert.ok(one !== undefined);
  const wrong = one.findings.map((finding) => ({ ...finding, message: finding.message.replace(' ', '  ') }));
  assert.notDeepEqual(ask(one).findings, wrong);
});
