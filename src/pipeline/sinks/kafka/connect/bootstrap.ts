/** The first contact: the brokers of the settings, in their order, until one of them answers. */
import type { Offered } from '../protocol/apis.ts';
import type { Connection } from './connection.ts';
import type { OpenOptions } from './open.ts';
import { open } from './open.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The next one is tried beside those that have not answered for this long: one that swallows packets must not keep us from the others. */
const patienceMs = 1_000;

/** What `ask` got from the first that could be asked; otherwise the sentence of the one that failed last. The connection is closed afterwards. */
export function askFirst<Answer extends object>(
  addresses: readonly Address[],
  options: OpenOptions,
  signal: AbortSignal,
  ask: (connection: Connection, offered: Offered, address: Address) => Promise<Answer | string>,
): Promise<Answer | string> {
  return new Promise((resolve) => {
    const settled = new AbortController();
    const both = AbortSignal.any([signal, settled.signal]);
    let next = 0;
    let running = 0;
    let stopTimer = () => {};
    const give = (answer: Answer | string) => {
      stopTimer();
      settled.abort();
      resolve(answer);
    };
    const one = async (address: Address): Promise<Answer | string> => {
      const opened = await open(options, address.host, address.port, both, () => {});
      if (!opened.ok) return named(`${address.host}:${address.port}`, opened.sentence);
      const answer = await ask(opened.connection, opened.offered, address);
      opened.connection.end('asked');
      return answer;
    };
    const start = () => {
      stopTimer();
      const address = addresses[next++];
      if (address === undefined) return;
      running += 1;
      void one(address).then((answer) => {
        running -= 1;
        if (settled.signal.aborted) return;
        if (typeof answer !== 'string' || signal.aborted) give(answer);
        else if (next < addresses.length) start();
        else if (running === 0) give(answer);
      });
      stopTimer = options.clock.after(patienceMs, start);
    };
    start();
  });
}

/** Most sentences name the broker already. */
const named = (broker: string, sentence: string): string => (sentence.includes(broker) ? sentence : `${broker}: ${sentence}`);
