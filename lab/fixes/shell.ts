import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type CommandResult, run } from '../command.ts';
import type { LabEngine } from '../engine.ts';
import { ensureLab } from '../setup.ts';

/** `docker compose up`, as users run it, with the images that are there. */
export function composeUp(engine: LabEngine, paths: readonly string[]): Promise<CommandResult> {
  const up = ['up', '--detach', '--no-build', '--pull', 'never'];
  return engine.compose([...paths.flatMap((path) => ['--file', path]), ...up], { cwd: dirname(paths[0] ?? '') });
}

/** As users run it, but nothing waits in the foreground: `docker run` without `-d` would hold up the next line. */
export async function runShell(engine: LabEngine, args: readonly string[], cwd: string): Promise<CommandResult> {
  const binaries = (await ensureLab()).engines[engine.version];
  if (!binaries?.available) throw new Error(`the lab has no Docker ${engine.version}`);
  const bin = join(engine.run.dir, 'bin');
  mkdirSync(bin, { recursive: true });
  const shim = `#!/bin/sh\nif [ "$1" = run ]; then shift; exec ${binaries.cli} run --detach "$@"; fi\nexec ${binaries.cli} "$@"\n`;
  writeFileSync(join(bin, 'docker'), shim, { mode: 0o755 });
  const env = { PATH: `${bin}:${process.env.PATH}`, HOME: engine.run.dir, DOCKER_HOST: `unix://${engine.socket}` };
  return run('sh', args, { cwd, env });
}

/** Why a command failed: the last line that says so, for the lines before it tell progress. Empty where it did not fail. */
export function failure({ code, stderr }: CommandResult): readonly string[] {
  const errors = stderr.split('\n').filter((line) => /error|conflict|already|invalid|fail/i.test(line));
  if (code === 0 && errors.length === 0) return [];
  return [(errors.at(-1) ?? stderr).trim()];
}
