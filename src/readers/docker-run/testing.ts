/** What the tests of this folder share: reading a fixture, and facts in one line each. */
import { formatOrigin } from '../../core/origin.ts';
import { SourceText } from '../../core/text.ts';
import { diskFiles } from '../files.ts';
import type { ModelPart } from '../reader.ts';
import { type DockerRunResult, readDockerCommands } from './index.ts';

const here = new URL('./testdata/', import.meta.url).pathname;

export function readText(text: string, kind: 'shell' | 'markdown' = 'shell', env: Readonly<Record<string, string>> = {}): DockerRunResult {
  return readDockerCommands(new SourceText('script.sh', text), { files: diskFiles, kind, env });
}

export function readFixture(name: string, env: Readonly<Record<string, string>> = {}): DockerRunResult {
  const read = diskFiles.read(here + name);
  if (!read.ok) throw new Error(read.message);
  // Under its own name, so that files beside it are found; shown without the folder.
  return readDockerCommands(read.source, { files: diskFiles, kind: name.endsWith('.md') ? 'markdown' : 'shell', env });
}

/** `-p 8080:80/tcp` as `web 127.0.0.1:8080>80/tcp`. */
export function publications(part: ModelPart): readonly string[] {
  return part.publications.map(({ workloadId, hostIp, hostPort, hostPortTo, containerPort, transport }) => {
    const range = hostPortTo === undefined ? '' : `-${hostPortTo}`;
    return `${workloadId} ${hostIp === undefined ? '' : `${hostIp} `}${hostPort ?? '?'}${range}>${containerPort}/${transport}`;
  });
}

export function endpoints(part: ModelPart): readonly string[] {
  return part.endpoints.map(
    ({ id, names, ipv4 }) => `${id} [${names.map(({ name }) => name).join(' ')}]${ipv4 === undefined ? '' : ` ${ipv4.value}`}`,
  );
}

export function problems(part: ModelPart): readonly string[] {
  return part.problems.map(
    ({ severity, message, origin }) => `${formatOrigin(origin).replace(/^.*?(?=\d+:\d+$)/, '')} ${severity} ${message}`,
  );
}
