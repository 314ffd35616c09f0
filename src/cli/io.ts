/** The process's streams, as commands see them. */

import { FairleadError } from '../core/errors.ts';
import { decode, MAX_FILE_BYTES } from '../readers/files.ts';
import { STDIN } from '../readers/stdin.ts';

export interface Io {
  /** Resolves when the text has left the process, or when nobody reads it any more. */
  print(text: string): Promise<void>;
  /** To standard error, at once. */
  say(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Colour and width of standard output. */
  readonly colour: boolean;
  readonly width: number | undefined;
  /** Standard error is a terminal: progress may be shown. */
  readonly interactive: boolean;
  readStdin(): Promise<string>;
}

export function processIo(argv: readonly string[]): Io {
  const { stdout, stderr, env } = process;
  // A reader that went away (`| head`) is no error: what was asked for has been seen.
  const quiet = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error;
  };
  stdout.on('error', quiet);
  stderr.on('error', quiet);
  return {
    print: (text) => new Promise((resolve) => void stdout.write(text, () => resolve())),
    say: (text) => void stderr.write(text),
    env,
    colour: wantsColour(argv, env, stdout.isTTY),
    width: stdout.isTTY ? Math.max(40, stdout.columns ?? 80) : undefined,
    interactive: stderr.isTTY === true && env.TERM !== 'dumb',
    readStdin,
  };
}

/** NO_COLOR and FORCE_COLOR as no-color.org and force-color.org ask: set and not empty. The flag wins. */
function wantsColour(argv: readonly string[], env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  if (argv.includes('--no-color') || env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0';
  return isTerminal === true && env.TERM !== 'dumb';
}

async function readStdin(): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    // Without an encoding, chunks of a stream of bytes are Buffers.
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > MAX_FILE_BYTES)
      throw new FairleadError('FAIRLEAD_INPUT_UNREADABLE', { path: STDIN, reason: `it is larger than ${MAX_FILE_BYTES} bytes` });
    chunks.push(bytes);
  }
  const result = decode(STDIN, Buffer.concat(chunks));
  if (result.ok) return result.source.text;
  throw new FairleadError('FAIRLEAD_INPUT_UNREADABLE', { path: STDIN, reason: result.message });
}
