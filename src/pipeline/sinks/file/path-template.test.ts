import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Stream } from '../../stream.ts';
import { checkTemplate, finishedPath, finishedPattern, fixedFolder, overflowPath, renderPath } from './path-template.ts';

const stream = (labels: Record<string, string>, tags: string[] = []): Stream => ({
  source: 'app',
  generation: '0123456789abcdef',
  labels,
  tags,
  format: 'text',
});

test('a path takes the source, the first tag and labels of its stream', () => {
  assert.equal(renderPath('/a/{source}/{tag}-{label.env}.log', stream({ env: 'prod' }, ['web', 'x'])), '/a/app/web-prod.log');
});

test('no value can leave its folder or grow without end', () => {
  const cases = [
    ['../../etc/passwd', '.._.._etc_passwd'],
    ['..', '__'],
    ['.', '_'],
    ['', 'none'],
    ['a\0b\nc', 'a_b_c'],
    ['é', '_'],
    ['x'.repeat(300), 'x'.repeat(64)],
  ] as const;
  for (const [value, part] of cases) assert.equal(renderPath('/a/{label.v}/b', stream({ v: value })), `/a/${part}/b`);
});

test('a label that is not there, or only in the prototype, is "none"', () => {
  assert.equal(renderPath('{label.constructor}/{label.x}/{tag}', stream({})), 'none/none/none');
});

test('a template that names something else is refused with what there is', () => {
  assert.match(checkTemplate('/a/{host}.log') ?? '', /\{host\} is not known/);
  assert.match(checkTemplate('/a/{source.log') ?? '', /not closed/);
  assert.match(checkTemplate('/a/{source}/') ?? '', /no name of a file/);
  assert.equal(checkTemplate('/a/{source}-{label.k8s.io/name}.log'), undefined);
});

test('the folder of retention is the part before the first place', () => {
  assert.deepEqual(['/a/b/{source}.log', '/a/b-{tag}/c.log', 'app.log', '/app.log', '/{tag}.log'].map(fixedFolder), [
    '/a/b',
    '/a',
    '.',
    '/',
    '/',
  ]);
});

test('what was finished is recognised, and nothing else', () => {
  const template = '/a/{source}/x.log';
  const path = renderPath(template, stream({}));
  const finished = [0, 1].map((attempt) => finishedPath(path, Date.UTC(2026, 10, 23, 1, 2, 3, 45), attempt));
  assert.deepEqual(finished, ['/a/app/x.20261123T010203045Z.log', '/a/app/x.20261123T010203045Z-1.log']);
  const pattern = finishedPattern(template);
  for (const one of finished) {
    assert.equal(pattern.exec(one)?.[1], '20261123T010203045Z');
    assert.match(`${one}.zst`, pattern);
  }
  for (const other of [
    path,
    '/a/app/y.20261123T010203045Z.log',
    '/a/b/c/x.20261123T010203045Z.log',
    '/a/app/x.2026.log',
    `${finished[0]}.gz`,
  ])
    assert.doesNotMatch(other, pattern);
});

test('names without an extension, and names that are only one, are finished too', () => {
  const at = Date.UTC(2026, 0, 1);
  assert.equal(finishedPath('/a/app', at, 0), '/a/app.20260101T000000000Z');
  assert.equal(finishedPath('/a/.log', at, 0), '/a/.log.20260101T000000000Z');
  assert.equal(overflowPath('/a/{label.x}/{source}.log'), '/a/other/other.log');
});
