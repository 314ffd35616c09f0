/** Which server the command line speaks to, and as whom: a small file that the server writes and only its owner may read. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { readSettings } from '../config/read.ts';
import { FairleadError } from '../core/errors.ts';
import { formatOrigin } from '../core/origin.ts';
import { SourceText } from '../core/text.ts';
import type { Arguments, OptionGroup } from './command.ts';
import type { Io } from './io.ts';

const contextFile = z.strictObject({
  api: z
    .url({ protocol: /^https?$/ })
    .describe("Base URL of the operators' API.")
    .meta({ examples: ['https://127.0.0.1:8445'] }),
  token: z.string().min(1).describe('An API token.'),
  ca: z.string().optional().describe('PEM of the authorities to trust; those of the system when left out.'),
});

export type Context = z.output<typeof contextFile> & { readonly file: string };

export const contextGroup: OptionGroup = {
  title: 'Server',
  options: [
    {
      name: 'context',
      placeholder: 'FILE',
      description: 'which server, and as whom; FAIRLEAD_CONTEXT, ~/.config/fairlead/context.json or that of fairlead up when left out',
    },
    { name: 'json', description: 'print what the API answers, for programs' },
  ],
};

/** Where `fairlead up` keeps its state unless told otherwise. */
export function upFolder(env: Io['env']): string {
  return join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'fairlead');
}

export function readContext(args: Arguments, env: Io['env']): Context {
  const named = args.value('context') ?? (env.FAIRLEAD_CONTEXT || undefined);
  const usual = [join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'fairlead', 'context.json'), join(upFolder(env), 'context.json')];
  const file = named ?? usual.find((path) => existsSync(path));
  if (file === undefined) throw new FairleadError('FAIRLEAD_NO_SERVER', { reason: `neither ${usual.join(' nor ')} exists` });
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
    // Who may read it may do what its token may do.
    if ((statSync(file).mode & 0o077) !== 0) throw new Error('others may read it; chmod 600 it');
  } catch (cause) {
    throw new FairleadError(
      'FAIRLEAD_NO_SERVER',
      { reason: `${file}: ${cause instanceof Error ? cause.message : String(cause)}` },
      { cause },
    );
  }
  const read = readSettings(contextFile, new SourceText(file, text));
  if (read.ok) return { ...read.value, file };
  const [first] = read.problems;
  throw new FairleadError('FAIRLEAD_CONFIG_INVALID', {
    at: first === undefined ? file : formatOrigin(first.origin),
    problem: first?.message ?? 'cannot be read',
    hint: first?.hint ?? '',
  });
}
