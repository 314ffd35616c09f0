/** What the path of a log file says of its container. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Labels } from '../../../core/labels.ts';
import { containerLabels } from '../../containers/content.ts';

/** Kubernetes: /var/log/pods/NAMESPACE_POD_UID/CONTAINER/RESTARTS.log (pkg/kubelet/kuberuntime/helpers.go, BuildContainerLogsDirectory). */
const podPath = /\/(?<namespace>[^/_]+)_(?<pod>[^/_]+)_(?<pod_uid>[^/_]+)\/(?<container>[^/]+)\/\d+\.log(\.[^/]*)?$/;
/** /var/log/containers/POD_NAMESPACE_CONTAINER-ID.log (legacyLogSymlink). */
const linkPath = /\/(?<pod>[^/_]+)_(?<namespace>[^/_]+)_(?<container>[^/_]+)-(?<container_id>[0-9a-f]{64})\.log(\.[^/]*)?$/;
/** Docker: /var/lib/docker/containers/ID/ID-json.log. */
const dockerPath = /\/(?<id>[0-9a-f]{64})\/\k<id>-json\.log(\.[^/]*)?$/;

/** What a container was made with is a few kilobytes; with more it is something else. */
const maxConfigBytes = 4 << 20;

export function pathLabels(path: string): Labels {
  const groups = podPath.exec(path)?.groups ?? linkPath.exec(path)?.groups;
  if (groups !== undefined) {
    const { container_id: id, ...others } = groups;
    return Object.fromEntries(Object.entries({ ...others, ...(id === undefined ? {} : { container_id: id.slice(0, 12) }) }).map(bounded));
  }
  const id = dockerPath.exec(path)?.groups?.id;
  return id === undefined ? {} : { container_id: id.slice(0, 12), ...dockerLabels(id, join(dirname(path), 'config.v2.json')) };
}

const bounded = ([key, value]: readonly [string, string | undefined]): [string, string] => [key, (value ?? '').slice(0, 256)];

/** From what the engine keeps beside the log; nothing where that cannot be read. */
function dockerLabels(id: string, path: string): Labels {
  try {
    if (statSync(path).size > maxConfigBytes) return {};
    const config: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const { Name: name, Config: made } = recordOf(config);
    const { Image: image, Labels: labels } = recordOf(made);
    return containerLabels({ id, name: textOf(name), image: textOf(image), labels: recordOf(labels) }, []);
  } catch {
    return {}; // the engine's folder is for root alone, or the container is being removed
  }
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> => (typeof value === 'object' && value !== null ? { ...value } : {});
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
