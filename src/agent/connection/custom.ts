/**
 * Custom messages, one at a time, each held until the server has certainly answered it. OpAMP's answers name no question: over
 * WebSocket a message of the server's may be the answer, or something it says of its own accord. So answers are counted, and
 * of the ambiguous ones none counts; a message too many then settles it. An acknowledgement is never early, at worst late.
 */
export interface CustomQueue {
  /** Resolves when it is the server's; rejects when that will not be known: the caller keeps the data and sends it again. */
  send(capability: string, type: string, data: Uint8Array): Promise<void>;
  /** What to say next; undefined while one is unanswered, none waits, or the server has not said what it speaks. */
  next(): Pick<Waiting, 'capability' | 'type' | 'data'> | undefined;
  /** A message went out; with the custom message that `next` gave, or without. */
  said(withCustom: boolean): void;
  /** A message came in. `error`: it is the server's complaint about one of ours. */
  answered(certain: boolean, error: string | undefined): void;
  /** One is out, as much came in as went out, and yet its answer is not certain: another message is needed. */
  inDoubt(): boolean;
  serverSpeaks(capabilities: readonly string[]): void;
  /** The one that `next` gave cannot be sent. */
  refuse(reason: string): void;
  connected(): void;
  disconnected(): void;
}

interface Waiting {
  readonly capability: string;
  readonly type: string;
  readonly data: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Reports are a handful; more waiting than this means that somebody does not wait for answers. */
const maxWaiting = 64;
/** After so many, the next heartbeats settle it: a server whose every message is ambiguous must not be asked without end. */
const maxExtras = 8;

export function createCustomQueue(wake: () => void): CustomQueue {
  const waiting: Waiting[] = [];
  let speaks: readonly string[] | undefined;
  let online = false;
  let said = 0;
  let certain = 0;
  let received = 0;
  /** Messages sent only to get a certain answer for the one that is out. */
  let extras = 0;
  /** The number of the message that carried the first of `waiting`; undefined while it is not out. */
  let out: number | undefined;

  const settle = (error?: Error) => {
    const first = waiting.shift();
    out = undefined;
    extras = 0;
    if (error === undefined) first?.resolve();
    else first?.reject(error);
  };
  /** Before the first answer nothing is known, and nothing is rejected. */
  const rejectUnspoken = () => {
    if (speaks === undefined) return;
    for (let first = waiting[0]; first !== undefined && out === undefined && !speaks.includes(first.capability); first = waiting[0])
      settle(new Error(`the server does not know ${first.capability}`));
  };
  return {
    send(capability, type, data) {
      if (!online) return Promise.reject(new Error('not connected'));
      if (waiting.length >= maxWaiting) return Promise.reject(new Error(`more than ${maxWaiting} messages wait for the server`));
      return new Promise((resolve, reject) => {
        waiting.push({ capability, type, data, resolve, reject });
        rejectUnspoken();
        wake();
      });
    },
    next: () => (out === undefined && speaks !== undefined ? waiting[0] : undefined),
    said(withCustom) {
      said += 1;
      if (withCustom) out = said;
    },
    answered(isCertain, error) {
      received += 1;
      // A server says nothing before it is spoken to: the first is an answer, whatever it holds.
      if (isCertain || received === 1) certain += 1;
      speaks ??= [];
      if (out !== undefined && certain >= out) settle(error === undefined ? undefined : new Error(error));
      rejectUnspoken();
    },
    inDoubt() {
      const doubt = out !== undefined && received >= said && extras < maxExtras;
      if (doubt) extras += 1;
      return doubt;
    },
    serverSpeaks(capabilities) {
      speaks = capabilities;
    },
    refuse(reason) {
      settle(new Error(reason));
    },
    connected() {
      online = true;
      speaks = undefined;
      said = 0;
      certain = 0;
      received = 0;
    },
    disconnected() {
      online = false;
      out = undefined;
      for (const one of waiting.splice(0)) one.reject(new Error('the connection ended before the server answered'));
    },
  };
}
