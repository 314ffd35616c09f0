import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFilter } from './filter.ts';
import { selectors } from './views.ts';

const row = {
  Node: { Node: 'edge-1', Address: '192.0.2.1', Datacenter: 'dc1', ID: 'x', Meta: { rack: 'r1', 'a.b': 'dotted' }, TaggedAddresses: {} },
  Service: { ID: 'web-1', Service: 'web', Tags: ['blue', 'v1'], Address: '', Meta: {}, Port: 8080, EnableTagOverride: false },
};

const rows: readonly (readonly [string, boolean])[] = [
  ['Service.Service == web', true],
  ['Service.Service == "web" and Node.Meta.rack != "r2"', true],
  ['Service.Port == 8080', true],
  ['Service.Port != 8080', false],
  ['"blue" in Service.Tags', true],
  ['blue not in Service.Tags', false],
  ['Service.Tags contains "green"', false],
  ['Service.Tags not contains "green"', true],
  ['Service.Address is empty', true],
  ['Service.Tags is not empty', true],
  ['Service.Meta is empty', true],
  ['rack in Node.Meta', true],
  ['Node.Meta["a.b"] == dotted', true],
  ['Node.Meta.a.b == dotted', true],
  ['Node.Meta.none == ""', false],
  ['Node.Node matches "^edge-[0-9]+$"', true],
  ['Node.Node not matches `^web`', true],
  ['Service.EnableTagOverride == false', true],
  ['not (Service.Service == web or Service.Service == db)', false],
  // and binds more tightly than or: false and false, or true.
  ['Service.Service == db and Service.Port == 1 or "v1" in Service.Tags', true],
  ['not Service.Service == db and Service.Port == 1', false],
];
for (const [text, wanted] of rows)
  test(`${text} is ${wanted}`, () => {
    const parsed = parseFilter(text, selectors.entry);
    assert.ok(parsed.ok, JSON.stringify(parsed));
    assert.equal(parsed.filter(row), wanted);
  });

const wrong: readonly (readonly [string, RegExp])[] = [
  ['Service.Nome == web', /Selector "Service.Nome" is not valid; there are Node.ID/],
  ['Service.Service ==', /ends at character 19 where a value is expected/],
  ['Service.Service = web', /"= web" is not understood at character 17/],
  ['(Service.Service == web', /"\)" is expected/],
  ['Service.Service == web or', /a selector is expected/],
  ['Service.Service == web Service.Port == 1', /"and", "or" or the end is expected/],
  ['Service.Tags == blue', /is a list: use in, contains or is empty/],
  ['Service.Port == http', /is a number/],
  ['Service.Port is empty', /is a number: it is never empty/],
  ['Service.Port matches "8.*"', /matches is for texts/],
  ['Node.Node matches "("', /"\)" is missing/],
  ['Service.Service is nothing', /"empty" is expected/],
  ['constructor == x', /is not valid/],
  [`${'not '.repeat(100)}Service.Service == web`, /nested more than 64 deep/],
  ['x'.repeat(3_000), /longer than/],
];
for (const [text, problem] of wrong)
  test(`${text.slice(0, 60)} is refused with a sentence`, () => {
    const parsed = parseFilter(text, selectors.entry);
    assert.ok(!parsed.ok);
    assert.match(parsed.problem, problem);
  });
