/** What lies open while a fix is written: the model, and the texts that are edited, each parsed once. */
import type { SourceText } from '../../core/text.ts';
import { lookup } from '../../network/lookup.ts';
import type { Model, Network, Workload } from '../../network/model.ts';
import type { DockerCommand } from '../../readers/docker-run/index.ts';
import type { Files } from '../../readers/files.ts';
import { openYaml, type YamlFile } from './yaml-file.ts';

export interface Desk {
  readonly model: Model;
  readonly files: Files;
  text(path: string): SourceText | undefined;
  /** Undefined when the text cannot be edited as YAML. */
  yaml(path: string): YamlFile | undefined;
  /** The docker commands of a text, read once. */
  commands(path: string, read: () => readonly DockerCommand[]): readonly DockerCommand[];
  workload(id: string): Workload | undefined;
  /** The workloads of the same network namespace: ports and addresses belong to all of them. */
  sharing(workloadId: string): readonly string[];
  network(id: string): Network | undefined;
  networksOf(workload: Workload): readonly Network[];
}

export function openDesk(model: Model, files: Files): Desk {
  const texts = new Map<string, SourceText | undefined>();
  const yamls = new Map<string, YamlFile | undefined>();
  const commands = new Map<string, readonly DockerCommand[]>();
  const tables = lookup(model);
  const text = (path: string): SourceText | undefined => {
    if (!texts.has(path)) {
      const result = files.read(path);
      texts.set(path, result.ok ? result.source : undefined);
    }
    return texts.get(path);
  };
  return {
    model,
    files,
    text,
    yaml: (path) => {
      if (!yamls.has(path)) {
        const source = text(path);
        yamls.set(path, source === undefined ? undefined : openYaml(source));
      }
      return yamls.get(path);
    },
    commands: (path, read) => {
      const known = commands.get(path) ?? read();
      commands.set(path, known);
      return known;
    },
    workload: (id) => tables.workload.get(id),
    sharing: (id) => (tables.members.get(tables.workload.get(id)?.namespaceId ?? '') ?? []).map((item) => item.id),
    network: (id) => tables.network.get(id),
    networksOf: (workload) =>
      (tables.endpointsOf.get(workload.namespaceId) ?? []).flatMap((endpoint) => tables.network.get(endpoint.networkId) ?? []),
  };
}
