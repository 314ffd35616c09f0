/** Reads the records of a Kafka batch back, by the words of the protocol guide, for tests. */
export interface ReadRecord {
  readonly timeDelta: number;
  readonly offsetDelta: number;
  readonly key: string | undefined;
  readonly value: string;
  readonly headers: readonly (readonly [string, string])[];
}

/** Bytes as latin1 text, so that none is lost. */
export function readRecords(bytes: Buffer): readonly ReadRecord[] {
  const records: ReadRecord[] = [];
  let at = 0;
  const varint = (): number => {
    let zigzag = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      zigzag |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(zigzag & 1n ? -(zigzag + 1n) / 2n : zigzag / 2n);
    }
  };
  const text = (length: number): string => {
    at += length;
    if (at > bytes.length) throw new Error('a record is longer than what there is');
    return bytes.toString('latin1', at - length, at);
  };
  while (at < bytes.length) {
    const length = varint();
    const end = at + length;
    if (bytes[at++] !== 0) throw new Error(`attributes at ${at - 1} are not 0`);
    const timeDelta = varint();
    const offsetDelta = varint();
    const keyLength = varint();
    const key = keyLength === -1 ? undefined : text(keyLength);
    const value = text(varint());
    const headers = Array.from({ length: varint() }, () => [text(varint()), text(varint())] as const);
    if (at !== end) throw new Error(`a record says that it ends at ${end}, and ends at ${at}`);
    records.push({ timeDelta, offsetDelta, key, value, headers });
  }
  return records;
}
