/** Error codes of the protocol that a producer can meet (protocol guide, "Error Codes"), and what to do about each. */

/**
 * - `delivered`: it is there already.
 * - `refresh`: somebody else leads the partition, or nobody: ask for the metadata, send again.
 * - `again`: wait, send again.
 * - `sequence`: the broker's view of our sequence numbers is not ours: begin a new epoch, send again.
 * - `identity`: the producer id is not accepted any more: ask for a new one, send again.
 * - `large`: too many bytes at once: split.
 * - `poison`: the broker will never take one of the records: find it.
 * - `damaged`: it did not arrive as it was sent; again, and when that does not help, as `poison`.
 * - `codec`: the broker does not know the compression.
 * - `refused`: somebody has to change rights or settings first; said, and tried again slowly.
 */
export type Treatment = 'delivered' | 'refresh' | 'again' | 'sequence' | 'identity' | 'large' | 'poison' | 'damaged' | 'codec' | 'refused';

interface KafkaError {
  readonly name: string;
  readonly treatment: Treatment;
  /** It may have been appended all the same. */
  readonly unclear?: true;
}

const table: Readonly<Record<number, KafkaError>> = {
  0: { name: 'NONE', treatment: 'delivered' },
  2: { name: 'CORRUPT_MESSAGE', treatment: 'damaged' },
  3: { name: 'UNKNOWN_TOPIC_OR_PARTITION', treatment: 'refresh' },
  5: { name: 'LEADER_NOT_AVAILABLE', treatment: 'refresh' },
  6: { name: 'NOT_LEADER_OR_FOLLOWER', treatment: 'refresh' },
  7: { name: 'REQUEST_TIMED_OUT', treatment: 'again', unclear: true },
  8: { name: 'BROKER_NOT_AVAILABLE', treatment: 'refresh' },
  10: { name: 'MESSAGE_TOO_LARGE', treatment: 'large' },
  13: { name: 'NETWORK_EXCEPTION', treatment: 'again', unclear: true },
  17: { name: 'INVALID_TOPIC_EXCEPTION', treatment: 'refused' },
  18: { name: 'RECORD_LIST_TOO_LARGE', treatment: 'large' },
  19: { name: 'NOT_ENOUGH_REPLICAS', treatment: 'again' },
  20: { name: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', treatment: 'again', unclear: true },
  21: { name: 'INVALID_REQUIRED_ACKS', treatment: 'refused' },
  29: { name: 'TOPIC_AUTHORIZATION_FAILED', treatment: 'refused' },
  31: { name: 'CLUSTER_AUTHORIZATION_FAILED', treatment: 'refused' },
  32: { name: 'INVALID_TIMESTAMP', treatment: 'poison' },
  33: { name: 'UNSUPPORTED_SASL_MECHANISM', treatment: 'refused' },
  34: { name: 'ILLEGAL_SASL_STATE', treatment: 'refused' },
  35: { name: 'UNSUPPORTED_VERSION', treatment: 'refused' },
  38: { name: 'INVALID_REPLICATION_FACTOR', treatment: 'refused' },
  43: { name: 'UNSUPPORTED_FOR_MESSAGE_FORMAT', treatment: 'refused' },
  44: { name: 'POLICY_VIOLATION', treatment: 'refused' },
  45: { name: 'OUT_OF_ORDER_SEQUENCE_NUMBER', treatment: 'sequence' },
  46: { name: 'DUPLICATE_SEQUENCE_NUMBER', treatment: 'delivered' },
  47: { name: 'INVALID_PRODUCER_EPOCH', treatment: 'identity' },
  48: { name: 'INVALID_TXN_STATE', treatment: 'identity' },
  49: { name: 'INVALID_PRODUCER_ID_MAPPING', treatment: 'identity' },
  51: { name: 'CONCURRENT_TRANSACTIONS', treatment: 'again' },
  53: { name: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', treatment: 'refused' },
  56: { name: 'KAFKA_STORAGE_ERROR', treatment: 'refresh' },
  58: { name: 'SASL_AUTHENTICATION_FAILED', treatment: 'refused' },
  59: { name: 'UNKNOWN_PRODUCER_ID', treatment: 'sequence' },
  67: { name: 'FENCED_INSTANCE_ID', treatment: 'identity' },
  74: { name: 'FENCED_LEADER_EPOCH', treatment: 'refresh' },
  75: { name: 'UNKNOWN_LEADER_EPOCH', treatment: 'refresh' },
  76: { name: 'UNSUPPORTED_COMPRESSION_TYPE', treatment: 'codec' },
  87: { name: 'INVALID_RECORD', treatment: 'poison' },
  89: { name: 'THROTTLING_QUOTA_EXCEEDED', treatment: 'again' },
  90: { name: 'PRODUCER_FENCED', treatment: 'identity' },
};

const unknown: KafkaError = { name: 'an unknown error', treatment: 'again', unclear: true };

/** What is not in the table may be a newer broker's way to say "not now". */
export const kafkaError = (code: number): KafkaError => table[code] ?? unknown;

/** `NOT_LEADER_OR_FOLLOWER (6)`. */
export const errorName = (code: number): string => `${kafkaError(code).name} (${code})`;
