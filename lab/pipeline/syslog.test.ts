/** The syslog source against senders that nobody here wrote: rsyslog, syslog-ng, and logger of util-linux. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TestSource, testSource } from '../../src/pipeline/listening/testing/source-context.ts';
import { syslogSettings } from '../../src/pipeline/sources/syslog/settings.ts';
import { createSyslog, type SyslogSource } from '../../src/pipeline/sources/syslog/syslog.ts';
import { must } from '../command.ts';
import { environment } from '../setup/programs.ts';
import { inTime, selfSigned, startSender, temporaryFolder } from './running-sender.ts';
import { telemetrySenders } from './senders.ts';

const capability = await telemetrySenders();
const skip = capability.available ? false : capability.reason;

interface Receiver extends AsyncDisposable {
  readonly kept: TestSource;
  readonly port: number;
}

async function receive(how: Readonly<Record<string, unknown>>): Promise<Receiver> {
  const kept = testSource();
  const source: SyslogSource = await createSyslog(syslogSettings.parse({ type: 'syslog', ...how }), kept.context);
  const { udp, tcp, tls } = source.addresses;
  return {
    kept,
    port: (udp ?? tcp ?? tls)?.port ?? 0,
    async [Symbol.asyncDispose]() {
      await source.close();
      assert.equal(kept.context.slabs.out, 0);
      assert.equal(kept.unsettled, 0);
    },
  };
}

/** What people write into logs: quotes, backslashes, JSON, other alphabets, tabs, things that look like syslog. */
const lines = Array.from({ length: 200 }, (_, index) => {
  const shapes = [
    'plain text',
    'path C:\\tmp\\"x"',
    '{"level":"info","n":1}',
    'Gruß 世界 🚢',
    'a\tb',
    '<34>not a priority',
    '[not@1 sd="x"] y',
    '50% done: ok',
  ];
  return `${index} ${shapes[index % shapes.length]}`;
});

const asObjects = ({ kept }: Receiver) => kept.records.map(({ text }) => JSON.parse(text) as Record<string, string>);

function check(
  receiver: Receiver,
  about: { readonly host?: string; readonly app: string; readonly severity: string; readonly facility: string },
): void {
  const objects = asObjects(receiver);
  // rsyslog writes control characters as #011, as its default is.
  const messages = objects.map(({ message = '' }) => message.replaceAll('#011', '\t').trimStart());
  assert.deepEqual(new Set(messages), new Set(lines));
  for (const { app, severity, facility, timestamp = '' } of objects) {
    assert.deepEqual({ app, severity, facility }, { app: about.app, severity: about.severity, facility: about.facility });
    assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 120_000, timestamp);
  }
}

test('rsyslog sends both forms by UDP, TCP and TLS, counted and by lines', { skip }, async () => {
  assert.ok(capability.available);
  const { senders } = capability;
  using folder = temporaryFolder();
  const tls = await selfSigned(folder);
  await using udp3164 = await receive({ udp: '127.0.0.1:0' });
  await using udp5424 = await receive({ udp: '127.0.0.1:0' });
  await using lines3164 = await receive({ tcp: '127.0.0.1:0' });
  await using counted5424 = await receive({ tcp: '127.0.0.1:0' });
  await using forwardFormat = await receive({ tcp: '127.0.0.1:0' });
  await using tls5424 = await receive({ tls: { listen: '127.0.0.1:0', ...tls } });
  const action = ({ port }: Receiver, template: string, rest: string) =>
    `action(type="omfwd" target="127.0.0.1" port="${port}" template="${template}" ${rest})`;
  const encrypted = 'StreamDriver="gtls" StreamDriverMode="1" StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="localhost"';
  const configuration = folder.write(
    'rsyslog.conf',
    `global(workDirectory="${folder.path}" defaultNetstreamDriverCAFile="${tls.certFile}")
module(load="imfile" mode="inotify")
input(type="imfile" file="${folder.write('in.log', `${lines.join('\n')}\n`)}" tag="shop:" severity="warning" facility="local3")
${action(udp3164, 'RSYSLOG_TraditionalForwardFormat', 'protocol="udp"')}
${action(udp5424, 'RSYSLOG_SyslogProtocol23Format', 'protocol="udp"')}
${action(lines3164, 'RSYSLOG_TraditionalForwardFormat', 'protocol="tcp"')}
${action(counted5424, 'RSYSLOG_SyslogProtocol23Format', 'protocol="tcp" TCP_Framing="octet-counted"')}
${action(forwardFormat, 'RSYSLOG_ForwardFormat', 'protocol="tcp"')}
${action(tls5424, 'RSYSLOG_SyslogProtocol23Format', `protocol="tcp" TCP_Framing="octet-counted" ${encrypted}`)}
`,
  );
  const args = ['-n', '-f', configuration, '-i', folder.at('pid'), '-M', senders.rsyslogModules];
  await using rsyslog = startSender(senders.rsyslogd, args, environment(senders));
  const receivers = { udp3164, udp5424, lines3164, counted5424, forwardFormat, tls5424 };
  for (const [name, receiver] of Object.entries(receivers)) {
    await inTime(receiver.kept.arrived(lines.length), name, rsyslog);
    check(receiver, { app: 'shop', severity: 'warning', facility: 'local3' });
    assert.equal(receiver.kept.records.length, lines.length, name);
  }
});

test('syslog-ng sends both forms by UDP, TCP and TLS', { skip }, async () => {
  assert.ok(capability.available);
  const { senders } = capability;
  using folder = temporaryFolder();
  const tls = await selfSigned(folder);
  await using udp3164 = await receive({ udp: '127.0.0.1:0' });
  await using tcp3164 = await receive({ tcp: '127.0.0.1:0' });
  await using udp5424 = await receive({ udp: '127.0.0.1:0' });
  await using tcp5424 = await receive({ tcp: '127.0.0.1:0' });
  await using tls5424 = await receive({ tls: { listen: '127.0.0.1:0', ...tls } });
  const configuration = folder.write(
    'syslog-ng.conf',
    `@version: 3.38
source s { file("${folder.write('in.log', `${lines.join('\n')}\n`)}" flags(no-parse) program-override("shop") default-priority(warning) default-facility(local3) follow-freq(0.1)); };
destination a { udp("127.0.0.1" port(${udp3164.port})); };
destination b { tcp("127.0.0.1" port(${tcp3164.port})); };
destination c { syslog("127.0.0.1" port(${udp5424.port}) transport("udp")); };
destination d { syslog("127.0.0.1" port(${tcp5424.port}) transport("tcp")); };
destination e { syslog("localhost" port(${tls5424.port}) transport("tls") ip-protocol(4) tls(ca-file("${tls.certFile}"))); };
log { source(s); destination(a); destination(b); destination(c); destination(d); destination(e); };
`,
  );
  const files = ['-R', folder.at('persist'), '-p', folder.at('pid'), '-c', folder.at('control')];
  const args = ['-F', '--no-caps', '-e', '-f', configuration, '--module-path', senders.syslogNgModules, ...files];
  await using sender = startSender(senders.syslogNg, args, environment(senders));
  for (const [name, receiver] of Object.entries({ udp3164, tcp3164, udp5424, tcp5424, tls5424 })) {
    await inTime(receiver.kept.arrived(lines.length), name, sender);
    check(receiver, { app: 'shop', severity: 'warning', facility: 'local3' });
  }
  // syslog-ng numbers what it sends by RFC 5424.
  const data = asObjects(tcp5424)[0]?.structuredData as unknown;
  assert.deepEqual(data, { meta: { sequenceId: '1' } });
});

test('logger sends both forms, by UDP and TCP', {
  skip: process.platform === 'linux' ? false : 'logger of util-linux is needed',
}, async () => {
  await using udp = await receive({ udp: '127.0.0.1:0' });
  await using tcp = await receive({ tcp: '127.0.0.1:0' });
  const log = (...args: readonly string[]) => must('logger', ['--server', '127.0.0.1', '-t', 'cron', '-i', '-p', 'auth.err', ...args]);
  for (const form of ['--rfc3164', '--rfc5424']) {
    await log('--port', String(udp.port), '--udp', form, 'by udp');
    await log('--port', String(tcp.port), '--tcp', form, 'by lines');
    await log('--port', String(tcp.port), '--tcp', '--octet-count', form, 'counted');
  }
  await Promise.all([udp.kept.arrived(2), tcp.kept.arrived(4)]);
  const seen = [...asObjects(udp), ...asObjects(tcp)];
  assert.deepEqual(seen.map(({ message }) => message).sort(), ['by lines', 'by lines', 'by udp', 'by udp', 'counted', 'counted']);
  for (const { app, severity, facility, procid = '' } of seen) {
    assert.deepEqual({ app, severity, facility }, { app: 'cron', severity: 'err', facility: 'auth' });
    assert.match(procid, /^\d+$/);
  }
});
