/**
 * Records that came by OTLP: a LogRecord in OTLP's JSON mapping (camelCase names, ids in hexadecimal, 64-bit numbers as strings) with what it came in:
 * `resource`, `scope`, `resourceSchemaUrl` and `scopeSchemaUrl` (stream.ts).
 */
import type { Writer } from '../../proto/writer.ts';
import type { Stream } from '../../stream.ts';
import { bigOf, isObject, textOf, writeMapped, writeMappedAttributes } from './any-value.ts';
import { type Sender, writeOwnScope, writeStreamResource } from './resource.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface MappedRecord {
  readonly row: number;
  readonly value: Fields;
}

export interface MappedGroup {
  readonly resource: Fields | undefined;
  readonly scope: Fields | undefined;
  readonly resourceSchemaUrl: string;
  readonly scopeSchemaUrl: string;
  readonly records: MappedRecord[];
}

/** Records with the same resource and scope, in the order in which the first of each came. */
export function mappedGroups(records: readonly MappedRecord[]): readonly MappedGroup[] {
  const groups = new Map<string, MappedGroup>();
  for (const record of records) {
    const { resource, scope, resourceSchemaUrl, scopeSchemaUrl } = record.value;
    const key = JSON.stringify([resource, scope, resourceSchemaUrl, scopeSchemaUrl]);
    const group = groups.get(key) ?? {
      resource: isObject(resource) ? resource : undefined,
      scope: isObject(scope) ? scope : undefined,
      resourceSchemaUrl: textOf(resourceSchemaUrl),
      scopeSchemaUrl: textOf(scopeSchemaUrl),
      records: [],
    };
    group.records.push(record);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** One ResourceLogs with one ScopeLogs; `write` writes the fields of a record. */
export function writeMappedGroup(
  to: Writer,
  group: MappedGroup,
  stream: Stream,
  sender: Sender,
  write: (record: MappedRecord) => void,
): void {
  const resourceLogs = to.open(1, 1_024);
  if (group.resource === undefined) writeStreamResource(to, stream, sender);
  else {
    const resource = to.open(1, 256);
    writeMappedAttributes(to, 1, group.resource.attributes);
    to.varintField(2, Number(bigOf(group.resource.droppedAttributesCount)));
    to.close(resource);
  }
  const scopeLogs = to.open(2, 1_024);
  if (group.scope === undefined) writeOwnScope(to);
  else {
    const scope = to.open(1, 64);
    to.textField(1, textOf(group.scope.name));
    to.textField(2, textOf(group.scope.version));
    writeMappedAttributes(to, 3, group.scope.attributes);
    to.varintField(4, Number(bigOf(group.scope.droppedAttributesCount)));
    to.close(scope);
  }
  for (const record of group.records) {
    const mark = to.open(2, 256);
    write(record);
    to.close(mark);
  }
  to.textField(3, group.scopeSchemaUrl);
  to.close(scopeLogs);
  to.textField(3, group.resourceSchemaUrl);
  to.close(resourceLogs);
}

/** All fields of LogRecord; a time that it does not have is that of the batch. */
export function writeMappedRecord(to: Writer, value: Fields, timeMs: number, readAtMs: number): void {
  const time = bigOf(value.timeUnixNano);
  if (time === 0n) to.nanosField(1, timeMs);
  else to.fixed64Field(1, time);
  to.varintField(2, Number(bigOf(value.severityNumber)));
  to.textField(3, textOf(value.severityText));
  if (value.body !== undefined && value.body !== null) {
    const body = to.open(5, 128);
    writeMapped(to, value.body);
    to.close(body);
  }
  writeMappedAttributes(to, 6, value.attributes);
  to.varintField(7, Number(bigOf(value.droppedAttributesCount)));
  to.fixed32Field(8, Number(bigOf(value.flags)));
  writeId(to, 9, value.traceId);
  writeId(to, 10, value.spanId);
  const observed = bigOf(value.observedTimeUnixNano);
  if (observed === 0n) to.nanosField(11, readAtMs);
  else to.fixed64Field(11, observed);
  to.textField(12, textOf(value.eventName));
}

function writeId(to: Writer, field: number, id: unknown): void {
  if (typeof id !== 'string' || id === '' || !/^(?:[0-9a-fA-F]{2})+$/.test(id)) return;
  to.bytesField(field, Buffer.from(id, 'hex'));
}
