/** MurmurHash2 as Kafka's Java client computes it (org.apache.kafka.common.utils.Utils.murmur2): a key must choose the same partition there and here. */
export function murmur2(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const length = end - start;
  let hash = 0x9747b28c ^ length;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    let word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
    word = Math.imul(word, multiplier);
    word ^= word >>> 24;
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier);
  }
  for (let byte = end - at - 1; byte >= 0; byte--) hash ^= (bytes[at + byte] ?? 0) << (8 * byte);
  if (at < end) hash = Math.imul(hash, multiplier);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, multiplier);
  return hash ^ (hash >>> 15);
}

const multiplier = 0x5bd1e995;

/** toPositive, and then the remainder: where a key belongs when there are so many partitions. */
export const partitionOfKey = (hash: number, partitions: number): number => (hash & 0x7fffffff) % partitions;
