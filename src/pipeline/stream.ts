/** Where records come from: what is the same for all records of one file, connection or container. */
import type { Labels } from '../core/labels.ts';

/**
 * - `text`: a record is a line of any bytes.
 * - `json`: a record is meant to be one JSON object; one that is not travels as it is.
 * - `otlp`: a record is a LogRecord in OTLP's JSON encoding (opentelemetry-proto, JSON mapping), so that nothing is lost from OTLP to OTLP.
 *   Beside the fields of LogRecord it has those of what it came in: `resource` and `scope` (Resource and InstrumentationScope in the same encoding),
 *   `resourceSchemaUrl` and `scopeSchemaUrl`; each is left out when it is empty.
 */
export const formats = ['text', 'json', 'otlp'] as const;
export type Format = (typeof formats)[number];

export interface Stream {
  /** Name of the source in the settings. */
  readonly source: string;
  /**
   * 16 hex digits: one life of a file (a new one after truncation), one connection, one run of a source. With the position of a record
   * it is the record's identity: the same record that is sent again has the same one.
   */
  readonly generation: string;
  readonly labels: Labels;
  readonly tags: readonly string[];
  readonly format: Format;
  /** The file's path when it was opened. Never a label of a metric. */
  readonly path?: string;
  /** The origin cannot bring its records again (a socket, a pipe): they are written to the spool before anything else. */
  readonly pushed?: boolean;
  /** The origin can bring them again, but maybe not for long: a file that was rotated away or deleted. May change while it is read. */
  readonly fleeting?: boolean;
}
