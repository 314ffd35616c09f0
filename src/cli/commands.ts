/** The commands, by name. Each is loaded only when it runs, so that the program starts fast. */
import type { Command } from './command.ts';

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

export const commands: readonly CommandEntry[] = [
  {
    name: 'check',
    summary: 'find what keeps agents from their servers, and prove the fix',
    load: async () => (await import('./check.ts')).check,
  },
  {
    name: 'reach',
    summary: 'answer one question step by step, or all pairs with --all',
    load: async () => (await import('./reach.ts')).reach,
  },
  {
    name: 'diff',
    summary: 'tell which answers change between two inputs or two profiles',
    load: async () => (await import('./diff.ts')).diff,
  },
  {
    name: 'explain',
    summary: 'explain a rule or an error code, with examples',
    load: async () => (await import('./explain.ts')).explain,
  },
  {
    name: 'rules',
    summary: 'list the rules',
    load: async () => (await import('./rules.ts')).rulesCommand,
  },
];
