/** Tags of streams. */
import type { Stream } from '../../stream.ts';

export function tagOf(template: string): (stream: Stream) => string {
  const known = new WeakMap<Stream, string>();
  return (stream) => {
    const found =
      known.get(stream) ?? template.replaceAll(/\{([^}]*)\}/g, (_, name: string) => tagPart(valueFor(name, stream))).slice(0, 255);
    known.set(stream, found);
    return found;
  };
}

function valueFor(name: string, stream: Stream): string {
  if (name === 'source') return stream.source;
  const key = name.slice('label.'.length);
  return Object.hasOwn(stream.labels, key) ? (stream.labels[key] ?? '') : '';
}

/** A dot would make another part of it. */
const tagPart = (value: string): string => value.replaceAll(/[^A-Za-z0-9_-]/g, '_') || 'none';
