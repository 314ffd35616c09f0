/** Questions to a Docker engine: GET only, over its socket. Paths without a version are answered by any engine from 20.10 on. */
import { type IncomingMessage, request } from 'node:http';

/** An answer that is one JSON document: a list of thousands of containers is a few megabytes. */
const maxAnswerBytes = 64 << 20;
const answerWithinMs = 30_000;

export class EngineError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The answer as it comes, once its head has come. Rejects with an EngineError when the engine refuses, and with what the system says otherwise. */
export function follow(socketPath: string, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // No agent: each answer is as long as the container lives, and nothing is gained by keeping connections.
    const asked = request({ socketPath, path, method: 'GET', agent: false, signal, headers: { host: 'docker' } }, (answer) => {
      if (answer.statusCode === 200) return resolve(answer);
      void textOf(answer).then((text) => reject(new EngineError(answer.statusCode ?? 0, messageOf(text))), reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}

export async function ask(socketPath: string, path: string, signal: AbortSignal): Promise<unknown> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]);
  return JSON.parse(await textOf(await follow(socketPath, path, limited)));
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer) {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) throw new Error(`the answer is longer than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text);
    return String(message);
  } catch {
    return text.slice(0, 200);
  }
}
