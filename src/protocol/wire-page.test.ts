import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeCustom } from './custom.ts';
import { closeCodeOf, httpStatusOf } from './failures.ts';
import { hostReportKind } from './host-report.ts';
import { outageReportKind } from './outages.ts';
import { servicesReportKind } from './services.ts';
import { readFixtures } from './testing/fixtures.ts';
import type { WireCode } from './wire.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/internals/opamp-wire.md'), 'utf8');
const blocks = (kind: string) => [...page.matchAll(new RegExp(`\`\`\`${kind}\\n(.*?)\`\`\``, 'gs'))].map(([, text = '']) => text);

test('the bytes on the page are those of the fixtures behind a header', () => {
  const shown = blocks('hex').map((text) =>
    [...text.matchAll(/^((?:[0-9a-f]{2} ?)+)(?: |$)/gm)].flatMap(([, digits = '']) => digits.trim().split(' ')).join(''),
  );
  const fixture = (direction: 'agent-to-server' | 'server-to-agent', name: string) =>
    `00${Buffer.from(readFixtures(direction).find((one) => one.name === name)?.body ?? []).toString('hex')}`;
  assert.deepEqual(shown, [fixture('agent-to-server', 'heartbeat'), fixture('server-to-agent', 'acknowledgement')]);
});

test('the payloads on the page are accepted as they stand', () => {
  const kinds = [hostReportKind, outageReportKind, servicesReportKind];
  const examples = blocks('json');
  assert.equal(examples.length, kinds.length);
  for (const [index, kind] of kinds.entries()) {
    assert.ok(page.includes(`### \`${kind.capability}\`, type \`${kind.type}\``), kind.capability);
    const read = decodeCustom<unknown>(kind, {
      capability: kind.capability,
      type: kind.type,
      data: new TextEncoder().encode(examples[index]),
    });
    assert.deepEqual(read, { ok: true, value: JSON.parse(examples[index] ?? '') });
  }
});

test('the table of refusals is that of the code', () => {
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \|.*\| (\d+) \| (\d+) \|$/gm)];
  assert.equal(rows.length, 7);
  // What stands in the table is compared with the codes; one that does not exist would come out as undefined.
  for (const [, code, http, close] of rows)
    assert.deepEqual([httpStatusOf(code as WireCode), closeCodeOf(code as WireCode)], [Number(http), Number(close)], code);
});
