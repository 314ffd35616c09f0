import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonWriter } from '../../listening/json-writer.ts';
import { dice } from '../../listening/testing/random.ts';
import { type MessageFormat, MessageWriter, roomFor } from './message.ts';
import { TimeReader } from './times.ts';

const now = Date.UTC(2026, 10, 23, 12);

function parse(message: string | Buffer, format: MessageFormat = 'auto'): Record<string, unknown> & { readonly timeMs: number } {
  const bytes = Buffer.from(message);
  const json = new JsonWriter();
  json.bytes = Buffer.alloc(roomFor(bytes.length));
  const writer = new MessageWriter(format, new TimeReader('utc', () => now), json);
  const timeMs = writer.write(bytes, 0, bytes.length, Buffer.from('"192.0.2.1"'));
  assert.ok(json.at <= json.bytes.length, 'it fits into the room that was asked for');
  const { peer, ...fields } = JSON.parse(json.bytes.toString('utf8', 0, json.at)) as Record<string, unknown>;
  assert.equal(peer, '192.0.2.1');
  return { ...fields, timeMs };
}

const cases: Readonly<Record<string, readonly [message: string, fields: Record<string, unknown>]>> = {
  'RFC 5424 §6.5, example 1': [
    "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed for lonvick on /dev/pts/8",
    {
      severity: 'crit',
      facility: 'auth',
      timestamp: '2003-10-11T22:14:15.003Z',
      host: 'mymachine.example.com',
      app: 'su',
      msgid: 'ID47',
      message: "'su root' failed for lonvick on /dev/pts/8",
    },
  ],
  'RFC 5424 §6.5, example 2': [
    "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.",
    {
      severity: 'notice',
      facility: 'local4',
      timestamp: '2003-08-24T05:14:15.000003-07:00',
      host: '192.0.2.1',
      app: 'myproc',
      procid: '8710',
      message: "%% It's time to make the do-nuts.",
    },
  ],
  'RFC 5424 §6.5, example 4, without a message': [
    '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"][examplePriority@32473 class="high"]',
    {
      severity: 'notice',
      facility: 'local4',
      timestamp: '2003-10-11T22:14:15.003Z',
      host: 'mymachine.example.com',
      app: 'evntslog',
      msgid: 'ID47',
      structuredData: {
        'exampleSDID@32473': { iut: '3', eventSource: 'Application', eventID: '1011' },
        'examplePriority@32473': { class: 'high' },
      },
      message: '',
    },
  ],
  'RFC 5424 with nothing in it': ['<13>1 - - - - - -', { severity: 'notice', facility: 'user', message: '' }],
  'RFC 5424 with broken structured data: all of it is the message': [
    '<13>1 - h a p m [broken x',
    { severity: 'notice', facility: 'user', host: 'h', app: 'a', procid: 'p', msgid: 'm', message: '[broken x' },
  ],
  'RFC 3164 §5.4, example 1': [
    "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
    {
      severity: 'crit',
      facility: 'auth',
      timestamp: '2026-10-11T22:14:15.000Z',
      host: 'mymachine',
      app: 'su',
      message: "'su root' failed for lonvick on /dev/pts/8",
    },
  ],
  'RFC 3164 §5.4, example 2: no tag': [
    '<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!',
    { severity: 'notice', facility: 'user', timestamp: '2026-02-05T17:32:18.000Z', host: '10.0.0.99', message: 'Use the BFG!' },
  ],
  'a tag with a process': [
    '<86>Nov 22 12:00:00 web sshd[4242]: Accepted: x',
    {
      severity: 'info',
      facility: 'authpriv',
      timestamp: '2026-11-22T12:00:00.000Z',
      host: 'web',
      app: 'sshd',
      procid: '4242',
      message: 'Accepted: x',
    },
  ],
  'logger without a host': [
    '<13>Nov 22 12:00:00 root: hello',
    { severity: 'notice', facility: 'user', timestamp: '2026-11-22T12:00:00.000Z', app: 'root', message: 'hello' },
  ],
  'the ForwardFormat of rsyslog': [
    '<30>2026-11-22T12:00:00.123456+01:00 web systemd[1]: Started.',
    {
      severity: 'info',
      facility: 'daemon',
      timestamp: '2026-11-22T11:00:00.123Z',
      host: 'web',
      app: 'systemd',
      procid: '1',
      message: 'Started.',
    },
  ],
  'Cisco IOS with a number and a clock that is not to be trusted': [
    '<189>123: *Nov  1 18:46:11.123 UTC: %SYS-5-CONFIG_I: Configured from console',
    {
      severity: 'notice',
      facility: 'local7',
      sequence: '123',
      timestamp: '2026-11-01T18:46:11.123Z',
      app: '%SYS-5-CONFIG_I',
      message: 'Configured from console',
    },
  ],
  'Cisco IOS with an origin': [
    '<189>29: edge-sw: Nov  1 18:46:11: %LINK-3-UPDOWN: Interface up',
    {
      severity: 'notice',
      facility: 'local7',
      sequence: '29',
      timestamp: '2026-11-01T18:46:11.000Z',
      host: 'edge-sw',
      app: '%LINK-3-UPDOWN',
      message: 'Interface up',
    },
  ],
  'Cisco IOS in a zone that only people know': [
    '<189>30: Nov  1 18:46:11.5 CET: %LINK-3-UPDOWN: Interface up',
    {
      severity: 'notice',
      facility: 'local7',
      sequence: '30',
      timestamp: '2026-11-01T18:46:11.500Z',
      app: '%LINK-3-UPDOWN',
      message: 'Interface up',
    },
  ],
  'Cisco ASA with a year': [
    '<166>Oct 12 2023 10:11:12: %ASA-6-302013: Built outbound TCP',
    { severity: 'info', facility: 'local4', timestamp: '2023-10-12T10:11:12.000Z', app: '%ASA-6-302013', message: 'Built outbound TCP' },
  ],
  'Cisco ASA with a host': [
    '<166>Oct 12 2023 10:11:12 fw1 : %ASA-6-302013: Built outbound TCP',
    {
      severity: 'info',
      facility: 'local4',
      timestamp: '2023-10-12T10:11:12.000Z',
      host: 'fw1',
      app: '%ASA-6-302013',
      message: 'Built outbound TCP',
    },
  ],
  'Cisco Nexus with the year in front': [
    '<189>: 2023 Mar  1 18:46:11 UTC: %ETHPORT-5-IF_UP: Interface',
    { severity: 'notice', facility: 'local7', timestamp: '2023-03-01T18:46:11.000Z', app: '%ETHPORT-5-IF_UP', message: 'Interface' },
  ],
  'a number that is not a sequence': ['<13>12: hello', { severity: 'notice', facility: 'user', app: '12', message: 'hello' }],
  'no priority (RFC 3164 §4.3.3)': ['hello world', { severity: 'notice', facility: 'user', message: 'hello world' }],
  'a priority that is too large': ['<192>x', { severity: 'notice', facility: 'user', message: '<192>x' }],
  'line endings of all kinds': ['<13>x y\r\n\u0000', { severity: 'notice', facility: 'user', message: 'x y' }],
};

for (const [name, [message, fields]] of Object.entries(cases))
  test(`a syslog message is read: ${name}`, () => {
    const { timeMs, ...found } = parse(message);
    assert.deepEqual(found, fields);
    const { timestamp } = fields;
    assert.equal(Math.floor(timeMs), typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN);
  });

test('the settings can say which form is meant', () => {
  assert.deepEqual(parse('<34>1 - h a p m - x', 'rfc3164').message, '1 - h a p m - x');
  assert.equal(parse("<34>Oct 11 22:14:15 mymachine su: 'x'", 'rfc5424').message, "Oct 11 22:14:15 mymachine su: 'x'");
});

test('bytes that are not UTF-8 do not break a message', () => {
  const { message } = parse(Buffer.concat([Buffer.from('<13>Nov 22 12:00:00 web a: '), Buffer.from([0xff, 0x22, 0x00, 0xc3])]));
  assert.equal(message, '\ufffd"\u0000\ufffd');
});

test('whatever comes becomes a JSON object in the room that is asked for, and none of it is lost', () => {
  const pieces = [
    '<34>',
    '1 ',
    'Oct 11 22:14:15 ',
    '2003-10-11T22:14:15.003Z ',
    '- ',
    '[a b="c\\]"',
    ']',
    'tag[1]: ',
    ': ',
    '%X: ',
    '"',
    '\\',
    '\u0000',
    'é',
    '12: ',
  ];
  for (let seed = 1; seed <= 3_000; seed++) {
    const random = dice(seed);
    const parts = Array.from({ length: random.below(9) }, () =>
      random.below(4) === 0 ? random.bytes(random.below(6)) : Buffer.from(random.pick(pieces)),
    );
    const bytes = Buffer.concat(parts);
    const marked = Buffer.concat([bytes, Buffer.from('·end')]);
    const text = JSON.stringify(parse(marked));
    assert.ok(text.includes('·end'), `seed ${seed}: ${marked.toString('latin1')}`);
  }
});
