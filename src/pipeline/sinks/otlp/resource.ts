/** What a stream is to OTLP: a resource with attributes, and a scope. */
import type { Writer } from '../../proto/writer.ts';
import type { Stream } from '../../stream.ts';
import { writeListAttribute, writeStringAttribute } from './any-value.ts';

export interface Sender {
  readonly agent: string;
  readonly resource: Readonly<Record<string, string>>;
}

/** Field 1 of ResourceLogs and ResourceMetrics. Labels win over the fixed attributes of the settings. */
export function writeStreamResource(to: Writer, stream: Stream, { agent, resource }: Sender): void {
  const mark = to.open(1, 256);
  const attributes = {
    'service.name': stream.source,
    ...resource,
    ...stream.labels,
    'fairlead.source': stream.source,
    'fairlead.agent': agent,
  };
  for (const [key, value] of Object.entries(attributes)) writeStringAttribute(to, 1, key, value);
  if (stream.path !== undefined) writeStringAttribute(to, 1, 'log.file.path', stream.path);
  if (stream.tags.length > 0) writeListAttribute(to, 1, 'fairlead.tags', stream.tags);
  to.close(mark);
}

/** Field 1 of ScopeLogs and ScopeMetrics. */
export function writeOwnScope(to: Writer): void {
  const scope = to.open(1, 10);
  to.textField(1, 'fairlead');
  to.close(scope);
}
