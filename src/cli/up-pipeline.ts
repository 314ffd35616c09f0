/** What `fairlead up` collects: a file that people change, read again when it is saved. */
import { existsSync, unwatchFile, watchFile } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readSettings } from '../config/read.ts';
import type { Problem } from '../core/problem.ts';
import { pipelineSettings } from '../pipeline/settings.ts';
import { readSource } from './settings-file.ts';

const initial = `# What fairlead up collects on this machine. It is read again whenever it is saved, and only what differs is changed.
# fairlead config explain FILE tells what a pipeline does; docs/reference/pipeline-settings.md has every setting.
sources:
  machine:
    type: file
    path: [/var/log/*.log, /var/log/*/*.log, /var/log/syslog, /var/log/messages]
    startPosition: end

# Without sinks, records go to an archive of files in the agent's data folder. These lines send them to Kafka instead:
#sinks:
#  kafka: { type: kafka, brokers: ["kafka-1.example.org:9092"], topic: raw-logs }
`;

export const kafkaLines = ['sinks:', '  kafka:', '    { type: kafka, brokers: ["kafka-1.example.org:9092"], topic: raw-logs }'] as const;

export const pipelinePath = (folder: string): string => join(folder, 'pipeline.yaml');

export type UpPipeline = { readonly ok: true; readonly written: unknown } | { readonly ok: false; readonly problems: readonly Problem[] };

/** Made on the first start; never written again. */
export async function upPipeline(folder: string): Promise<UpPipeline> {
  const path = pipelinePath(folder);
  if (!existsSync(path)) await writeFile(path, initial, { mode: 0o600 });
  const source = await readSource(path);
  const read = readSettings(pipelineSettings, source);
  return read.ok ? { ok: true, written: parse(source.text) ?? {} } : read;
}

/** Calls back after the file was saved. By looking at it: editors replace files in ways that notifications miss. */
export function onSaved(folder: string, saved: () => void): Disposable {
  const path = pipelinePath(folder);
  watchFile(path, { interval: 500, persistent: false }, (now, before) => {
    if (now.mtimeMs !== before.mtimeMs) saved();
  });
  return { [Symbol.dispose]: () => unwatchFile(path) };
}
