/** `fairlead spool` */
import { resolve } from 'node:path';
import { FairleadError } from '../core/errors.ts';
import type { RecordReport, SegmentReport, SpoolReport } from '../pipeline/spool/inspect.ts';
import type { Arguments, Command, CommandPage } from './command.ts';
import type { Io } from './io.ts';
import { usage } from './parse.ts';
import { printable, table } from './table.ts';

const page: CommandPage = {
  name: 'spool',
  summary: 'look into a disk buffer: what waits, what was dropped or damaged',
  usage: ['fairlead spool inspect DIR [--records N] [--json]'],
  description: [
    'Shows the spools in a folder: that of one sink, or the data folder of an agent. It only reads, and may be used while the agent runs: then it shows how it was at that moment.',
    'Records are shown as they were read, with what people have written into their logs. Invalid UTF-8 is replaced.',
  ],
  options: [
    {
      title: 'Options',
      options: [
        { name: 'records', short: 'n', placeholder: 'N', description: 'show the first N records that are not delivered, of each spool' },
        { name: 'json', description: 'print it for programs' },
      ],
    },
  ],
  examples: [
    { command: 'fairlead spool inspect /var/lib/fairlead-agent', text: 'all spools of the agent' },
    { command: 'fairlead spool inspect /var/lib/fairlead-agent/spool/kafka -n 5', text: 'what is going to be sent next' },
  ],
  exitCodes: [
    { code: 0, meaning: 'shown; also when records were dropped or damaged' },
    { code: 2, meaning: 'wrong usage, or there is no spool' },
  ],
};

async function run(args: Arguments, io: Io): Promise<number> {
  const [word, dir, ...more] = args.positionals;
  if (word !== 'inspect')
    throw usage(word === undefined ? 'spool needs a word' : `spool has no "${word}"`, 'write fairlead spool inspect DIR');
  if (dir === undefined) throw usage('spool inspect needs DIR', 'name the folder of a spool, or the data folder of an agent');
  if (more[0] !== undefined) throw usage(`spool inspect takes no "${more[0]}"`, 'one folder at a time');
  const records = numberOf(args.value('records'));
  const [{ findSpools, inspectSpool }, { realDisk }] = await Promise.all([
    import('../pipeline/spool/inspect.ts'),
    import('../pipeline/real-disk.ts'),
  ]);
  const folders = await findSpools(realDisk, resolve(dir));
  if (folders.length === 0) throw new FairleadError('FAIRLEAD_INPUT_NOT_FOUND', { path: `${dir} (a spool)` });
  const reports: SpoolReport[] = [];
  for (const folder of folders) reports.push(await inspectSpool(realDisk, folder, records));
  await io.print(args.has('json') ? `${JSON.stringify(reports, undefined, 2)}\n` : reports.map((report) => text(report, io)).join('\n'));
  return 0;
}

function numberOf(value: string | undefined): number {
  if (value === undefined) return 0;
  if (/^\d{1,6}$/.test(value)) return Number(value);
  throw usage(`--records: "${value}" is no whole number`, 'write --records 10');
}

function text(report: SpoolReport, io: Io): string {
  const { waiting, dropped, damaged, state, putAside } = report;
  const lines = [
    report.path,
    `${waiting.records} records (${bytesText(waiting.bytes)}) are not delivered`,
    ...(dropped.records > 0 ? [`${dropped.records} records (${bytesText(dropped.bytes)}) were dropped, as whenFull says`] : []),
    ...(damaged.records > 0 ? [`${damaged.records} records (${bytesText(damaged.bytes)}) were lost to damage`] : []),
    ...(state === 'good' ? [] : [`the state file is ${state}: with the next start everything here is delivered`]),
    ...putAside.map((name) => `put aside: ${name}`),
  ];
  const parts = [`${lines.map(printable).join('\n')}\n`, segmentTable(report.segments, io)];
  if (report.records.length > 0) parts.push(recordTable(report.records, io));
  return parts.join('\n');
}

const segmentTable = (segments: readonly SegmentReport[], io: Io): string =>
  table<SegmentReport>(
    [
      { title: 'segment', value: ({ name }) => name },
      { title: 'made', value: ({ createdMs }) => (createdMs === undefined ? '–' : timeText(createdMs)) },
      { title: 'size', value: ({ bytes }) => bytesText(bytes), right: true },
      { title: 'first record', value: ({ firstId }) => String(firstId ?? '–'), right: true },
      { title: 'status', value: ({ status }) => (status === 'damaged' ? 'header damaged' : status) },
    ],
    segments,
    io,
  );

const recordTable = (records: readonly RecordReport[], io: Io): string =>
  table<RecordReport>(
    [
      { title: 'id', value: ({ id }) => String(id), right: true },
      { title: 'time', value: ({ timeMs }) => timeText(timeMs) },
      { title: 'source', value: ({ source }) => source },
      { title: 'path', value: ({ path }) => path ?? '–', flexible: true },
      { title: 'record', value: ({ text: record }) => record },
    ],
    records,
    io,
  );

const timeText = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = Math.min(units.length - 1, bytes === 0 ? 0 : Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** step).toFixed(step === 0 ? 0 : 1)} ${units[step]}`;
}

export const spool: Command = { page, run };
