/** How records look for a receiver of lines or JSON (Kafka, HTTP, Elasticsearch, files): with tags and labels in the record, or as they were read. */
import type { LogBatch } from '../batch.ts';

/**
 * - `raw`: the bytes as they are. Tags and labels travel where the protocol has a place for them (Kafka headers), otherwise not.
 * - `json`: one JSON object. An object gets `tags` and `labels` as fields of that name (neither when there are none; a field that is there already stays);
 *   anything else becomes `{"message": "…"}` with invalid UTF-8 replaced.
 * - `auto`: `json` for records of format json that are objects, `raw` for all others.
 */
export const encodings = ['auto', 'raw', 'json'] as const;
export type Encoding = (typeof encodings)[number];

/** Takes the batch over and gives the encoded one: the same one where nothing changes. A promise only while there is no free slab. */
export type Encode = (batch: LogBatch) => LogBatch | Promise<LogBatch>;
