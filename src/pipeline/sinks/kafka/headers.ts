/** Headers that all records of a stream have beside their identity: where they come from, when it does not stand in the record itself. */
import type { Encoding } from '../../encode/encoder.ts';
import type { KafkaHeaders } from '../../kernel/kafka-records.ts';
import { kafkaHeaders } from '../../kernel/kafka-records.ts';
import type { Stream } from '../../stream.ts';

/** Made once for each stream. None where tags and labels are fields of the record. */
export function headersFor(encoding: Encoding): (stream: Stream) => KafkaHeaders | undefined {
  const known = new WeakMap<Stream, KafkaHeaders>();
  return (stream) => {
    if (encoding === 'json' || (encoding === 'auto' && stream.format !== 'text')) return undefined;
    const made = known.get(stream) ?? kafkaHeaders(headersOf(stream));
    known.set(stream, made);
    return made;
  };
}

function headersOf({ source, tags, labels }: Stream): readonly (readonly [string, string])[] {
  return [
    ['source', source],
    ...(tags.length === 0 ? [] : [['tags', tags.join(',')] as const]),
    ...Object.entries(labels).map(([name, value]) => [`labels.${name}`, value] as const),
  ];
}
