/** The real agent, as a process that may be killed. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
/** What is kept of its log, for the report of a failure. */
const keptLines = 40;

export class AgentProcess {
  readonly log: string[] = [];
  readonly ended: Promise<NodeJS.Signals | number>;
  readonly #child: ChildProcess;
  readonly #ready = Promise.withResolvers<void>();

  constructor(settingsFile: string) {
    this.#child = spawn(process.execPath, [program, 'agent', '--config', settingsFile], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.ended = new Promise((resolve) => this.#child.once('close', (code, signal) => resolve(signal ?? code ?? 0)));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.log.push(...text.split('\n').filter((line) => line !== ''));
      if (text.includes('agent.health.ready')) this.#ready.resolve();
      this.log.splice(0, this.log.length - keptLines);
    });
    void this.ended.then(() => this.#ready.resolve());
  }

  /** It works, or has ended. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<NodeJS.Signals | number> {
    this.#child.kill(signal);
    return this.ended;
  }
}
