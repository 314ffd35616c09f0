/** `fairlead agent top`: what flows through the agent of this machine, once a second. */
import type { Arguments } from './command.ts';
import type { Io } from './io.ts';
import type { AgentView } from './local-agent.ts';
import { localAgent } from './local-agent.ts';
import { untilSignalled } from './run-until.ts';
import { coloured, printable, table } from './table.ts';

const everyMs = 1_000;

export async function showTop(args: Arguments, io: Io): Promise<number> {
  const agent = localAgent(args, io.env);
  const first = await agent.pipeline();
  if (args.has('json')) {
    await io.print(`${JSON.stringify(first, undefined, 2)}\n`);
    return 0;
  }
  using until = untilSignalled();
  // Where no terminal is there is nothing to be drawn anew: one look, with the rates of one second.
  const live = io.width !== undefined;
  if (live) await io.print('\u001b[?1049h\u001b[?25l');
  try {
    let before = first;
    let at = performance.now();
    for (let looks = 0; !until.signal.aborted && (live || looks === 0); looks++) {
      if (live && looks === 0) await draw(picture(before, before, 1, io), io);
      await pause(everyMs, until.signal);
      if (until.signal.aborted) break;
      const now = await agent.pipeline();
      const seconds = (performance.now() - at) / 1_000;
      at = performance.now();
      const text = picture(before, now, seconds, io);
      await (live ? draw(text, io) : io.print(text));
      before = now;
    }
  } finally {
    if (live) await io.print('\u001b[?25h\u001b[?1049l');
  }
  return 0;
}

/** Every line over the one that stands there, so that nothing flickers; what does not fit on the screen is left out. */
async function draw(text: string, io: Io): Promise<void> {
  const rows = Math.max(5, (process.stdout.rows ?? 24) - 1);
  const lines = text.split('\n').slice(0, rows);
  await io.print(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join('\n')}\u001b[J`);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

/** Pure: two looks → what people see. */
export function picture(before: AgentView, now: AgentView, seconds: number, io: Pick<Io, 'width' | 'colour'>): string {
  const rate = (new_: number, old: number | undefined) => Math.max(0, (new_ - (old ?? new_)) / seconds);
  const heading = `fairlead agent ${printable(now.agent)} · up ${durationText(now.upMs)} · ${now.slabs.out} of ${now.slabs.size} buffers in use\n`;
  const problem = (text: string | undefined) => (text === undefined ? '' : text);
  const red = ({ problem: text }: { readonly problem?: string | undefined }) => (text === undefined ? undefined : '31');
  const sources = table<AgentView['sources'][number]>(
    [
      { title: 'source', value: ({ name }) => name },
      { title: 'type', value: ({ type }) => type },
      { title: 'records/s', right: true, value: (one) => count(rate(one.records, named(before.sources, one)?.records)) },
      { title: 'bytes/s', right: true, value: (one) => bytes(rate(one.bytes, named(before.sources, one)?.bytes)) },
      { title: 'records', right: true, value: ({ records }) => count(records) },
      { title: 'files', right: true, value: ({ files }) => (files === undefined ? '–' : String(files)) },
      { title: 'lag', right: true, value: ({ lagBytes }) => (lagBytes === undefined ? '–' : bytes(lagBytes)) },
      {
        title: 'lost',
        right: true,
        value: ({ lostBytes }) => (lostBytes === 0 ? '–' : bytes(lostBytes)),
        colour: ({ lostBytes }) => (lostBytes > 0 ? '31' : undefined),
      },
      { title: '', value: (one) => problem(one.problem), colour: red },
    ],
    now.sources,
    io,
  );
  const transforms = table<AgentView['transforms'][number]>(
    [
      { title: 'transform', value: ({ name }) => name },
      { title: 'type', value: ({ type }) => type },
      { title: 'in/s', right: true, value: (one) => count(rate(one.in, named(before.transforms, one)?.in)) },
      { title: 'out/s', right: true, value: (one) => count(rate(one.out, named(before.transforms, one)?.out)) },
      { title: 'parsed', right: true, value: (one) => (one.in === 0 ? '–' : `${Math.round((100 * one.parsed) / one.in)} %`) },
      {
        title: 'errors',
        right: true,
        value: ({ errors }) => (errors === 0 ? '–' : count(errors)),
        colour: ({ errors }) => (errors > 0 ? '33' : undefined),
      },
    ],
    now.transforms,
    io,
  );
  const sinks = table<AgentView['sinks'][number]>(
    [
      { title: 'sink', value: ({ name }) => name },
      { title: 'type', value: ({ type }) => type },
      { title: 'records/s', right: true, value: (one) => count(rate(one.records, named(before.sinks, one)?.records)) },
      { title: 'bytes/s', right: true, value: (one) => bytes(rate(one.bytes, named(before.sinks, one)?.bytes)) },
      { title: 'wire/s', right: true, value: (one) => bytes(rate(one.wireBytes, named(before.sinks, one)?.wireBytes)) },
      { title: 'records', right: true, value: ({ records }) => count(records) },
      { title: 'pending', right: true, value: ({ pendingRecords }) => count(pendingRecords) },
      { title: 'retries', right: true, value: ({ retries }) => count(retries) },
      {
        title: 'dead',
        right: true,
        value: ({ deadLettered }) => (deadLettered === 0 ? '–' : count(deadLettered)),
        colour: ({ deadLettered }) => (deadLettered > 0 ? '31' : undefined),
      },
      {
        title: 'spool',
        right: true,
        value: ({ spool }) => (spool === undefined ? '–' : bytes(spool.bytes)),
        colour: ({ spool }) => ((spool?.bytes ?? 0) > 0 ? '33' : undefined),
      },
      {
        title: 'dropped',
        right: true,
        value: ({ spool }) => ((spool?.dropped.records ?? 0) === 0 ? '–' : count(spool?.dropped.records ?? 0)),
        colour: ({ spool }) => ((spool?.dropped.records ?? 0) > 0 ? '31' : undefined),
      },
      { title: '', value: (one) => problem(one.problem), colour: red },
    ],
    now.sinks,
    io,
  );
  const files = now.sources
    .flatMap(({ name, lags }) => lags.map((lag) => ({ source: name, ...lag })))
    .sort((a, b) => b.size - b.acknowledged - (a.size - a.acknowledged));
  const lags = table<(typeof files)[number]>(
    [
      { title: 'file', value: ({ name }) => name, flexible: true },
      { title: 'size', right: true, value: ({ size }) => bytes(size) },
      { title: 'unread', right: true, value: ({ size, read }) => bytes(Math.max(0, size - read)) },
      { title: 'unacknowledged', right: true, value: ({ size, acknowledged }) => bytes(Math.max(0, size - acknowledged)) },
      { title: '', value: ({ note }) => note ?? '', colour: () => '33' },
    ],
    files.slice(0, 20),
    io,
  );
  const parts = [heading, ...(now.sources.length === 0 ? ['nothing is collected: the settings name no sources\n'] : [sources])];
  if (now.transforms.length > 0) parts.push(transforms);
  if (now.sinks.length > 0) parts.push(sinks);
  if (files.length > 0) parts.push(lags);
  return `${coloured(parts[0] ?? '', '1', io)}\n${parts.slice(1).join('\n')}`;
}

function named<T extends { readonly name: string }>(all: readonly T[], { name }: T): T | undefined {
  return all.find((one) => one.name === name);
}

/** `1,234`, `12.3 k`, `4.56 M`: three figures are enough to see what happens. */
function count(value: number): string {
  if (value < 10_000) return Math.round(value).toLocaleString('en-US');
  if (value < 1e6) return `${(value / 1e3).toPrecision(3)} k`;
  return value < 1e9 ? `${(value / 1e6).toPrecision(3)} M` : `${(value / 1e9).toPrecision(3)} G`;
}

function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let rest = value;
  for (; rest >= 1_000 && unit < units.length - 1; unit++) rest /= 1_024;
  return `${unit === 0 || rest >= 100 ? Math.round(rest) : rest.toPrecision(3)} ${units[unit]}`;
}

function durationText(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}
