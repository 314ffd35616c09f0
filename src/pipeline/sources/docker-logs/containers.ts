/** What an engine says of its containers, and which of them are meant. */
import type { Container } from '../../containers/content.ts';
import type { DockerLogsSettings } from './settings.ts';

export interface Listed extends Container {
  readonly running: boolean;
}

export type Choice = Pick<DockerLogsSettings, 'containers' | 'exclude' | 'images' | 'withLabels'>;

/** The answer of /containers/json. What is no container is left out. */
export function readList(answer: unknown): readonly Listed[] {
  return Array.isArray(answer) ? answer.flatMap((one) => readOne(one)) : [];
}

function readOne(one: unknown): readonly Listed[] {
  const { Id: id, Names: names, Image: image, Labels: labels, State: state } = recordOf(one);
  if (typeof id !== 'string') return [];
  // Legacy links give a container names with two slashes; its own has one.
  const own = Array.isArray(names) ? names.map(String).find((name) => name.lastIndexOf('/') === 0) : undefined;
  return [{ id, name: (own ?? id).replace(/^\//, ''), image: String(image ?? ''), labels: recordOf(labels), running: state === 'running' }];
}

export const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};

/** By what people have written. */
export function chooser({ containers, exclude, images, withLabels }: Choice): (container: Listed) => boolean {
  const named = containers.map(wildcard);
  const excluded = exclude.map(wildcard);
  const ofImage = images.map(wildcard);
  const labelled = withLabels.map(labelTest);
  return ({ name, image, labels }) =>
    (named.length === 0 || named.some((one) => one.test(name))) &&
    !excluded.some((one) => one.test(name)) &&
    (ofImage.length === 0 || ofImage.some((one) => one.test(image))) &&
    labelled.every((holds) => holds(labels));
}

const wildcard = (pattern: string): RegExp => new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`, 's');

function labelTest(written: string): (labels: Readonly<Record<string, unknown>>) => boolean {
  const equals = written.indexOf('=');
  const key = equals === -1 ? written : written.slice(0, equals);
  const value = equals === -1 ? undefined : written.slice(equals + 1);
  return (labels) => Object.hasOwn(labels, key) && (value === undefined || labels[key] === value);
}
