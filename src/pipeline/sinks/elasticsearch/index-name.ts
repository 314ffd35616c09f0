/** The index of a record: a name with places for its source, labels and day. */
import type { Stream } from '../../stream.ts';

const place = /\{([^{}]*)\}/g;
const known = /^(?:source|date|label\.[A-Za-z_][A-Za-z0-9_./-]{0,127})$/;

/** Why it cannot be used; undefined when it can. */
export function checkIndex(template: string): string | undefined {
  for (const [whole, name = ''] of template.matchAll(place))
    if (!known.test(name)) return `${whole} is not known here; there are {source}, {date} and {label.NAME}`;
  const plain = template.replaceAll(place, '');
  if (/[{}]/.test(plain)) return 'a brace that is not closed';
  if (/[A-Z\\/*?"<>|\s,#:]/.test(plain)) return 'a name of an index has no capital letters, spaces or \\ / * ? " < > | , # :';
  return /^[-_+.]/.test(template) ? 'a name of an index does not begin with - _ + or .' : undefined;
}

/** Names without their day, by stream; at most `limit` different ones. */
export function indexNames(template: string, limit: number): (stream: Stream) => string {
  const streams = new WeakMap<Stream, string>();
  const names = new Set<string>();
  const fill = (value: (name: string) => string) =>
    template.replaceAll(place, (whole, name: string) => (name === 'date' ? whole : value(name))).slice(0, 255);
  return (stream) => {
    const found = streams.get(stream);
    if (found !== undefined) return found;
    const own = fill((name) => namePart(valueFor(name, stream)));
    const fits = names.has(own) || names.size < limit;
    if (fits) names.add(own);
    const name = fits ? own : fill(() => 'other');
    streams.set(stream, name);
    return name;
  };
}

/** `2026.11.23`, as Logstash has written it ever since. */
export function withDay(name: string, ms: number): string {
  return name.includes('{date}') ? name.replaceAll('{date}', new Date(ms).toISOString().slice(0, 10).replaceAll('-', '.')) : name;
}

function valueFor(name: string, stream: Stream): string {
  if (name === 'source') return stream.source;
  const key = name.slice('label.'.length);
  return Object.hasOwn(stream.labels, key) ? (stream.labels[key] ?? '') : '';
}

function namePart(value: string): string {
  return (
    value
      .toLowerCase()
      .replaceAll(/[^a-z0-9._-]/g, '_')
      .slice(0, 64) || 'none'
  );
}
