/** The commands, by name. Each is loaded only when it runs, so that the program starts fast. */
import type { Command, Part } from './command.ts';

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly part: Part;
  load(): Promise<Command>;
}

export const commands: readonly CommandEntry[] = [
  {
    name: 'up',
    summary: 'start a server and one agent on this machine, and collect its logs',
    part: 'control plane and agent',
    load: async () => (await import('./control.ts')).controlCommand('up'),
  },
  {
    name: 'check',
    summary: 'find what keeps agents from their servers, and prove the fix',
    part: 'doctor',
    load: async () => (await import('./check.ts')).check,
  },
  {
    name: 'reach',
    summary: 'answer one question step by step, or all pairs with --all',
    part: 'doctor',
    load: async () => (await import('./reach.ts')).reach,
  },
  {
    name: 'diff',
    summary: 'tell which answers change between two inputs or two profiles',
    part: 'doctor',
    load: async () => (await import('./diff.ts')).diff,
  },
  {
    name: 'explain',
    summary: 'explain a rule or an error code, with examples',
    part: 'doctor',
    load: async () => (await import('./explain.ts')).explain,
  },
  {
    name: 'rules',
    summary: 'list the rules',
    part: 'doctor',
    load: async () => (await import('./rules.ts')).rulesCommand,
  },
  {
    name: 'server',
    summary: 'run the control plane: enrolment, fleet, configurations, discovery',
    part: 'control plane and agent',
    load: async () => (await import('./control.ts')).controlCommand('server'),
  },
  {
    name: 'agent',
    summary: 'run the agent: joins a server, reports, watches its links',
    part: 'control plane and agent',
    load: async () => (await import('./control.ts')).controlCommand('agent'),
  },
  {
    name: 'spool',
    summary: 'look into a disk buffer: what waits, what was dropped or damaged',
    part: 'control plane and agent',
    load: async () => (await import('./control.ts')).controlCommand('spool'),
  },
  {
    name: 'tail',
    summary: 'show the records that flow through the agent of this machine',
    part: 'control plane and agent',
    load: async () => (await import('./control.ts')).controlCommand('tail'),
  },
  {
    name: 'agents',
    summary: 'the fleet: who is there, how they are, and what to do with one',
    part: 'operators',
    load: async () => (await import('./control.ts')).controlCommand('agents'),
  },
  {
    name: 'config',
    summary: 'what agents run: versions, who gets which, and why',
    part: 'operators',
    load: async () => (await import('./control.ts')).controlCommand('config'),
  },
  {
    name: 'rollout',
    summary: 'bring a version out in stages, and go back when agents fail',
    part: 'operators',
    load: async () => (await import('./control.ts')).controlCommand('rollout'),
  },
  {
    name: 'services',
    summary: 'what can be discovered: services, their instances and checks',
    part: 'operators',
    load: async () => (await import('./control.ts')).controlCommand('services'),
  },
  {
    name: 'tokens',
    summary: 'who may join, and who may use the API',
    part: 'operators',
    load: async () => (await import('./control.ts')).controlCommand('tokens'),
  },
];
