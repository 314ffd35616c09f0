/** What a change would do, for people: who would get what, and the differences. */

import type { Io } from './io.ts';
import { coloured, printableLines, table } from './table.ts';

interface VersionRef {
  readonly name: string;
  readonly version: number;
}

export interface DryRun {
  readonly agents: readonly {
    readonly name: string;
    readonly from?: VersionRef;
    readonly to?: VersionRef;
    readonly because: string;
    readonly offline: boolean;
    readonly stage?: number;
  }[];
  readonly unchanged: number;
  readonly diffs: readonly { readonly from?: VersionRef; readonly to?: VersionRef; readonly text: string }[];
}

/** More rows than these help nobody; --json has all. */
const shownAgents = 50;

export function dryRunText({ agents, unchanged, diffs }: DryRun, io: Io): string {
  const others = `${unchanged} ${unchanged === 1 ? 'agent stays' : 'agents stay'} as ${unchanged === 1 ? 'it is' : 'they are'}`;
  if (agents.length === 0) return `nothing would change for any agent; ${others}\n`;
  const staged = agents.some(({ stage }) => stage !== undefined);
  const shown = agents.slice(0, shownAgents);
  const rows = table(
    [
      { title: 'agent', value: (one) => one.name, flexible: true },
      { title: 'from', value: (one) => refText(one.from), flexible: true },
      { title: 'to', value: (one) => refText(one.to), flexible: true },
      ...(staged
        ? [
            {
              title: 'stage',
              value: (one: DryRun['agents'][number]) => (one.stage === undefined ? '–' : String(one.stage + 1)),
              right: true,
            },
          ]
        : []),
      { title: 'when', value: (one) => (one.offline ? 'when it is back' : staged ? 'in its stage' : 'at once') },
      { title: 'because', value: (one) => one.because },
    ],
    shown,
    io,
  );
  const more = agents.length > shown.length ? `… and ${agents.length - shown.length} more; --json lists all\n` : '';
  const change = `${agents.length} ${agents.length === 1 ? 'agent' : 'agents'} would change, ${others}; nothing was stored`;
  return `${rows}${more}${change}\n${diffs.map(({ text }) => (text === '' ? '' : `\n${diffText(text, io)}`)).join('')}`;
}

const refText = (ref: VersionRef | undefined): string => (ref === undefined ? '–' : `${ref.name}@${ref.version}`);

/** A unified diff in the colours that people know from git. */
export function diffText(diff: string, io: Pick<Io, 'colour'>): string {
  return printableLines(diff)
    .split('\n')
    .map((line) => {
      if (line.startsWith('+++') || line.startsWith('---')) return io.colour ? `\u001b[1m${line}\u001b[22m` : line;
      if (line.startsWith('@@')) return coloured(line, '36', io);
      return coloured(line, line.startsWith('+') ? '32' : line.startsWith('-') ? '31' : undefined, io);
    })
    .join('\n');
}

/** `NAME@7`, `NAME@latest`, `NAME`. */
export const namedVersion = (text: string): { readonly name: string; readonly version: string | undefined } => {
  const at = text.lastIndexOf('@');
  return at === -1 ? { name: text, version: undefined } : { name: text.slice(0, at), version: text.slice(at + 1) };
};
