/** A client that pushes lines by HTTP, and again for as long as they are not taken: what it was told is taken has to arrive. */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { lineOf } from './lines.ts';

const burst = 20;
const pauseMs = 15;

export class Pusher {
  /** Lines that were taken: all below it. */
  acknowledged = 0;
  refused = 0;
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true });
  #pushing: Promise<void> | undefined;
  #stopped = false;

  constructor(port: number) {
    this.#port = port;
  }

  start(): void {
    this.#pushing = this.#push();
  }

  /** Resolves when the last lines that were pushed were taken. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#pushing;
    this.#agent.destroy();
  }

  async #push(): Promise<void> {
    while (!this.#stopped) {
      const lines = Array.from({ length: burst }, (_, index) => `${lineOf('push', this.acknowledged + index)}\n`).join('');
      while ((await this.#post(lines)) !== 200) {
        this.refused += 1;
        await sleep(50);
      }
      this.acknowledged += burst;
      await sleep(pauseMs);
    }
  }

  #post(body: string): Promise<number> {
    return new Promise((resolve) => {
      const options = { host: '127.0.0.1', port: this.#port, method: 'POST', path: '/', agent: this.#agent, timeout: 10_000 };
      const sent = request({ ...options, headers: { 'content-type': 'text/plain' } }, (answer) => {
        answer.resume();
        answer.on('close', () => resolve(answer.statusCode ?? 0));
      });
      sent.on('error', () => resolve(0));
      sent.on('timeout', () => sent.destroy());
      sent.end(body);
    });
  }
}
