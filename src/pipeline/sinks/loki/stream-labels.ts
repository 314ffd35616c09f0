/** Which stream of Loki a stream of ours belongs to: bounded in number, always with at least one label. */
import type { Stream } from '../../stream.ts';
import type { LokiSettings } from './settings.ts';

export interface LokiStream {
  /** `{app="web", job="fairlead"}`, sorted by name, so that equal streams have equal texts. */
  readonly labels: string;
  /** What every record of it carries beside its identity, as name and value. */
  readonly metadata: readonly (readonly [string, string])[];
}

/** Loki's limit (max_label_names_per_series) in its default configuration. */
const mostLabels = 15;

export function lokiStreams(settings: LokiSettings): (stream: Stream) => LokiStream {
  const known = new WeakMap<Stream, LokiStream>();
  const texts = new Set<string>();
  const overflow = textOf([...Object.entries(settings.labels), ['overflow', 'true']]);
  return (stream) => {
    const found = known.get(stream);
    if (found !== undefined) return found;
    const { labels, metadata } = divide(stream, settings);
    const text = textOf(labels);
    const fits = texts.has(text) || texts.size < settings.maxStreams;
    if (fits) texts.add(text);
    const made: LokiStream = fits
      ? { labels: text, metadata }
      : { labels: overflow, metadata: [...labels.filter(([name]) => !Object.hasOwn(settings.labels, name)), ...metadata] };
    known.set(stream, made);
    return made;
  };
}

type Pairs = readonly (readonly [string, string])[];

function divide(stream: Stream, settings: LokiSettings): { readonly labels: Pairs; readonly metadata: Pairs } {
  const own = new Map<string, string>();
  for (const name of Object.keys(stream.labels).sort()) own.set(labelName(name), stream.labels[name] ?? '');
  const wanted = settings.streamLabels?.map(labelName);
  if (wanted?.includes('source') ?? true) own.set('source', stream.source);
  if (stream.tags.length > 0) own.set('tags', stream.tags.join(','));
  for (const name of Object.keys(settings.labels)) own.delete(name); // the fixed ones win
  const room = mostLabels - Object.keys(settings.labels).length;
  // Without a choice the source comes first, tags and what does not fit are metadata.
  const chosen = (wanted ?? ['source', ...own.keys()].filter((name) => name !== 'tags')).filter((name) => own.has(name));
  const taken = new Set([...new Set(chosen)].slice(0, Math.max(0, room)));
  const labels: (readonly [string, string])[] = [...Object.entries(settings.labels)];
  const metadata: (readonly [string, string])[] = [];
  for (const pair of own) {
    if (pair[1] === '') continue; // to Loki an empty label is none
    (taken.has(pair[0]) ? labels : metadata).push(pair);
  }
  // Loki refuses a stream without a label.
  return { labels: labels.length > 0 ? labels : [['source', stream.source]], metadata };
}

/** Our labels have dots and slashes in their names; Loki's, like Prometheus', have not. */
const labelName = (name: string): string => name.replaceAll(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_');

/** Values are quoted as Go does; what JSON escapes, Go reads the same. */
function textOf(pairs: Pairs): string {
  const sorted = [...pairs].sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([name, value]) => `${name}=${JSON.stringify(value.toWellFormed())}`).join(', ')}}`;
}
