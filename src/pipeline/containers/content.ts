/** What applications in containers wrote, and what is said of it. */
import type { Labels } from '../../core/labels.ts';
import { labelKey, labelValue } from '../../core/labels.ts';
import type { Format } from '../stream.ts';

export type Content = 'auto' | 'text' | 'json';

/** The format of records that go together: with `auto` json when each is in braces. Nothing is parsed for that. */
export function formatOf(content: Content, bytes: Uint8Array, starts: Uint32Array, ends: Uint32Array, from: number, to: number): Format {
  if (content !== 'auto') return content;
  for (let record = from; record < to; record += 1) {
    if (bytes[starts[record] ?? 0] !== 0x7b || bytes[(ends[record] ?? 0) - 1] !== 0x7d) return 'text';
  }
  return 'json';
}

/** Labels of containers that say where they belong, and what they are called as labels of records. */
const wellKnown: Readonly<Record<string, string>> = {
  'com.docker.compose.project': 'compose_project',
  'com.docker.compose.service': 'compose_service',
  'com.docker.swarm.service.name': 'swarm_service',
  'io.kubernetes.pod.namespace': 'namespace',
  'io.kubernetes.pod.name': 'pod',
  'io.kubernetes.pod.uid': 'pod_uid',
  'io.kubernetes.container.name': 'container',
};

export interface Container {
  readonly id: string;
  /** With or without the slash that Docker puts in front. */
  readonly name: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, unknown>>;
}

/** At most 256 characters each, and only those that a label may have. */
export function containerLabels({ id, name, image, labels }: Container, wanted: readonly string[]): Labels {
  const given: Record<string, string> = {};
  const put = (key: string, value: unknown) => {
    const text = typeof value === 'string' ? value.slice(0, 256) : '';
    if (text !== '' && labelKey.test(key) && labelValue.test(text)) given[key] = text;
  };
  put('container', name.replace(/^\//, ''));
  put('container_id', id.slice(0, 12));
  put('image', image);
  for (const [key, called] of Object.entries(wellKnown)) put(called, labels[key]);
  for (const key of wanted) put(key, labels[key]);
  return given;
}
