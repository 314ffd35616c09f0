/**
 * Cuts the path to the brokers under a connection that is in use, and puts it back. Runs in a network namespace of its own (`unshare --net`), where only it sees the firewall
 * rules. Prints how long it took until records flowed again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { must } from '../command.ts';
import { openFeed } from './feed.ts';
import { readBack } from './kcat.ts';
import { startMock } from './mock.ts';
import { steady } from './steady.ts';

const cutMs = Number(process.argv[2] ?? 9_000);

await must('/sbin/ip', ['link', 'set', 'lo', 'up']);
await using mock = await startMock(2);
await mock.topic('cut', 4);
const ports = mock.brokers.map(({ port }) => port).join(',');
const rule = async (verb: '-A' | '-D') => {
  for (const side of ['--dports', '--sports'])
    await must('/usr/sbin/iptables', [verb, 'INPUT', '-i', 'lo', '-p', 'tcp', '-m', 'multiport', side, ports, '-j', 'DROP']);
};
// The request timeout is far away: only the look at the path can help.
await using feed = await openFeed({ brokers: mock.bootstrap.split(','), topic: 'cut', requestTimeout: '120s', connectTimeout: '2s' });
const load = steady(feed);
await feed.until('records flow', () => feed.context.counters.records > 500);
await rule('-A');
await sleep(cutMs);
const { records } = feed.context.counters;
await rule('-D');
const began = performance.now();
await feed.until('records flow again', () => feed.context.counters.records > records + 100);
const backMs = Math.round(performance.now() - began);
const pushed = await load.stop();
await feed.delivered();
const there = new Set((await readBack(mock.bootstrap, 'cut')).map(({ value }) => value));
const missing = pushed.filter((value) => !there.has(value)).length;
process.stdout.write(
  `${JSON.stringify({ backMs, missing, pushed: pushed.length, lost: feed.events.filter(({ name }) => name === 'pipeline.kafka.lost') })}\n`,
);
