/** A receiver that takes records by HTTP, and misbehaves: refuses, breaks off before it read, and breaks off after it has taken. */
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Arrivals } from './lines.ts';

export class Receiver implements AsyncDisposable {
  readonly #server: Server;
  /** Until then it misbehaves. */
  fair = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(arrivals: Arrivals, random: () => number): Promise<Receiver> {
    const server = createServer((incoming, answer) => {
      const mood = receiver.fair ? 1 : random();
      if (mood < 0.03) return void incoming.socket.destroy();
      let body = '';
      incoming.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      incoming.on('end', () => {
        if (mood < 0.06) return void answer.writeHead(503).end();
        for (const line of body.split('\n')) if (line !== '') arrivals.take(line);
        if (mood < 0.09) return void incoming.socket.destroy();
        answer.writeHead(204).end();
      });
      // The agent is killed while it sends: half a body was never taken.
      incoming.on('error', () => {});
    });
    const receiver = new Receiver(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get port(): number {
    // A server that listens on a port has an address of this kind.
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
