/** `fairlead tail` */
import { createInterface } from 'node:readline';
import type { Arguments, Command, CommandPage } from './command.ts';
import type { Io } from './io.ts';
import { localAgent, localAgentGroup } from './local-agent.ts';
import { usage } from './parse.ts';
import { untilSignalled } from './run-until.ts';
import { coloured, pairsText, printable } from './table.ts';

const page: CommandPage = {
  name: 'tail',
  summary: 'show the records that flow through the agent of this machine',
  usage: ['fairlead tail [--after NAME] [--records N] [--json] [--data DIR]'],
  description: [
    'Records as they leave their sources, or with --after as they leave a transform or go to a sink, from now on. It never holds back what flows: at most 500 records a second are shown, the others are counted.',
    'It speaks to the agent through a socket in its data folder, which only the user of the agent may open.',
  ],
  options: [
    {
      title: 'Options',
      options: [
        { name: 'after', placeholder: 'NAME', description: 'a source, a transform or a sink; every source when left out' },
        { name: 'records', short: 'n', placeholder: 'N', description: 'end after so many' },
        { name: 'json', description: 'one JSON object a line: at, source, path, tags, labels, time, record' },
      ],
    },
    localAgentGroup,
  ],
  examples: [
    { command: 'fairlead tail', text: 'what comes in now' },
    { command: 'fairlead tail --after redact', text: 'is it redacted?' },
    { command: 'fairlead tail --after kafka --json -n 10', text: 'ten records as Kafka gets them' },
  ],
  exitCodes: [
    { code: 0, meaning: 'ended by Ctrl-C, after --records, or with the agent' },
    { code: 2, meaning: 'wrong usage, or nothing is named so' },
    { code: 3, meaning: 'no agent was found' },
  ],
};

/** What agent/local/tail.ts writes. */
interface Shown {
  readonly left?: number;
  readonly source: string;
  readonly path?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly tags?: readonly string[];
  readonly time: string;
  readonly bytes?: number;
  readonly record: string;
}

async function run(args: Arguments, io: Io): Promise<number> {
  if (args.positionals.length > 0) throw usage(`tail takes no "${args.positionals[0]}"`, 'name a source, transform or sink with --after');
  const most = numberOf(args.value('records'));
  const json = args.has('json');
  using until = untilSignalled();
  const answer = await localAgent(args, io.env).tail(args.value('after'), until.signal);
  const lines = createInterface({ input: answer, crlfDelay: Number.POSITIVE_INFINITY });
  until.signal.addEventListener('abort', () => lines.close(), { once: true });
  let count = 0;
  try {
    for await (const line of lines) {
      const shown: Shown = JSON.parse(line);
      await io.print(json ? `${line}\n` : text(shown, io));
      if (shown.left === undefined) count += 1;
      if (count >= most) break;
    }
  } catch (cause) {
    // The agent ended, or we were told to: what was shown was right.
    if (!until.signal.aborted && !answer.destroyed) throw cause;
  }
  answer.destroy();
  return 0;
}

function numberOf(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw usage(`--records ${text} is no number of records`, 'write a whole number above 0');
}

function text({ left, source, labels, tags, time, bytes, record }: Shown, io: Io): string {
  if (left !== undefined) return coloured(`… ${left} records were not shown\n`, '33', io);
  const marks = [...(tags ?? []).map((tag) => `#${tag}`), ...(labels === undefined ? [] : [pairsText(labels)])].join(' ');
  const more = bytes === undefined ? '' : ` … ${bytes} bytes in all`;
  return `${coloured(time.slice(11, 23), '90', io)} ${coloured(printable(source), '36', io)}${marks === '' ? '' : ` ${coloured(printable(marks), '35', io)}`} ${printable(record)}${more}\n`;
}

export const tail: Command = { page, run };
