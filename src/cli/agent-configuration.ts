/** Whether a configuration that the server would send is one that our agent takes: the same definitions that the agent reads it with. */
import { remoteAgentSettings } from '../agent/settings/index.ts';
import { readSettings } from '../config/read.ts';
import type { Problem } from '../core/problem.ts';
import { SourceText } from '../core/text.ts';

interface File {
  readonly name: string;
  readonly body: string;
}

/** For the kind `fairlead-agent`. */
export function agentConfigurationProblems(files: readonly File[]): readonly Problem[] {
  return files.flatMap(({ name, body }) => {
    const read = readSettings(remoteAgentSettings, new SourceText(name === '' ? 'agent.yaml' : name, body));
    return read.ok ? [] : read.problems;
  });
}
