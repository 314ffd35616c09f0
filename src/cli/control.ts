/**
 * The commands of the control plane, in a bundle of their own (scripts/build.mjs): who checks files need not read their code, which
 * is most of the program. Imports the pages of the commands; what they run is loaded when they run.
 */
import type { Command } from './command.ts';

const load = {
  up: async () => (await import('./up.ts')).up,
  server: async () => (await import('./server.ts')).server,
  agent: async () => (await import('./agent.ts')).agent,
  agents: async () => (await import('./agents.ts')).agents,
  config: async () => (await import('./config.ts')).config,
  rollout: async () => (await import('./rollout.ts')).rollout,
  services: async () => (await import('./services.ts')).services,
  spool: async () => (await import('./spool.ts')).spool,
  tail: async () => (await import('./tail.ts')).tail,
  tokens: async () => (await import('./tokens.ts')).tokens,
} as const satisfies Record<string, () => Promise<Command>>;

export type ControlCommand = keyof typeof load;

export const controlCommand = (name: ControlCommand): Promise<Command> => load[name]();
