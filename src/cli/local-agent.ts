/** The agent of this machine, through the socket in its data folder. */
import { existsSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { FairleadError } from '../core/errors.ts';
import type { PipelineState } from '../pipeline/runtime/state.ts';
import type { Arguments, OptionGroup } from './command.ts';
import { upFolder } from './context.ts';
import type { Io } from './io.ts';

export const localAgentGroup: OptionGroup = {
  title: 'Agent',
  options: [
    {
      name: 'data',
      placeholder: 'DIR',
      description: 'the data folder of the agent; /var/lib/fairlead-agent or that of fairlead up when left out',
    },
  ],
};

export interface AgentView extends PipelineState {
  readonly agent: string;
  readonly version: string;
  readonly upMs: number;
}

export interface LocalAgent {
  pipeline(): Promise<AgentView>;
  /** The body of the answer, to be read as long as one likes. */
  tail(after: string | undefined, signal: AbortSignal): Promise<IncomingMessage>;
}

/** Throws FAIRLEAD_NO_AGENT when no agent has such a folder. */
export function localAgent(args: Arguments, env: Io['env']): LocalAgent {
  const named = args.value('data');
  const folders = named === undefined ? ['/var/lib/fairlead-agent', join(upFolder(env), 'agent')] : [named];
  const folder = folders.find((one) => existsSync(join(one, 'agent.sock')));
  if (folder === undefined) throw new FairleadError('FAIRLEAD_NO_AGENT', { reason: `no agent.sock in ${folders.join(' or ')}` });
  const socketPath = join(folder, 'agent.sock');
  return {
    async pipeline() {
      const answer = await get(socketPath, '/v1/pipeline');
      // The shape that agent/local/local.ts writes.
      return JSON.parse(await textOf(answer)) as AgentView;
    },
    tail: (after, signal) => get(socketPath, `/v1/tail${after === undefined ? '' : `?after=${encodeURIComponent(after)}`}`, signal),
  };
}

async function get(socketPath: string, path: string, signal?: AbortSignal): Promise<IncomingMessage> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = request({ socketPath, path, agent: false, ...(signal === undefined ? {} : { signal }) }, resolve);
    asked.once('error', (cause) =>
      signal?.aborted === true
        ? reject(cause)
        : reject(new FairleadError('FAIRLEAD_NO_AGENT', { reason: `${socketPath}: ${cause.message}` }, { cause })),
    );
    asked.end();
  });
  if (answer.statusCode === 200) return answer;
  const { error }: { readonly error?: string } = JSON.parse(await textOf(answer));
  throw new FairleadError('FAIRLEAD_AGENT_ANSWER', { reason: error ?? `status ${answer.statusCode}` });
}

async function textOf(answer: IncomingMessage): Promise<string> {
  answer.setEncoding('utf8');
  let text = '';
  for await (const chunk of answer) text += chunk;
  return text;
}
