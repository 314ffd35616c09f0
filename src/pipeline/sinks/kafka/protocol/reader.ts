/**
 * Reads the protocol's primitive types (protocol guide, "Protocol Primitive Types") from a response.
 *
 * What a peer sends is never trusted: reading past the end gives zeros and makes `ok` false, and an array has at most as many entries as
 * there are bytes left. Whoever decodes looks at `ok` once, at the end.
 */
export class WireReader {
  readonly #bytes: Buffer;
  readonly #flexible: boolean;
  #at: number;
  #ok = true;

  constructor(bytes: Buffer, flexible = false, at = 0) {
    this.#bytes = bytes;
    this.#flexible = flexible;
    this.#at = at;
  }

  get ok(): boolean {
    return this.#ok;
  }

  int8(): number {
    return this.#has(1) ? this.#bytes.readInt8(this.#at - 1) : 0;
  }

  int16(): number {
    return this.#has(2) ? this.#bytes.readInt16BE(this.#at - 2) : 0;
  }

  int32(): number {
    return this.#has(4) ? this.#bytes.readInt32BE(this.#at - 4) : 0;
  }

  int64(): bigint {
    return this.#has(8) ? this.#bytes.readBigInt64BE(this.#at - 8) : 0n;
  }

  boolean(): boolean {
    return this.int8() !== 0;
  }

  unsignedVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#has(1) ? (this.#bytes[this.#at - 1] ?? 0) : 0;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    this.#ok = false;
    return 0;
  }

  /** undefined for null. */
  string(): string | undefined {
    const bytes = this.#sized(this.#flexible ? this.unsignedVarint() - 1 : this.int16());
    return bytes?.toString('utf8');
  }

  bytes(): Buffer | undefined {
    return this.#sized(this.#flexible ? this.unsignedVarint() - 1 : this.int32());
  }

  array<T>(read: () => T): readonly T[] {
    const count = this.#flexible ? this.unsignedVarint() - 1 : this.int32();
    const entries: T[] = [];
    if (count > this.#bytes.length - this.#at) this.#ok = false;
    for (let index = 0; index < count && this.#ok; index++) entries.push(read());
    return entries;
  }

  /** Tagged fields (KIP-482) that we do not know are skipped; older versions have none. */
  tags(): void {
    if (!this.#flexible) return;
    for (let left = this.unsignedVarint(); left > 0 && this.#ok; left--) {
      this.unsignedVarint();
      this.skip(this.unsignedVarint());
    }
  }

  skip(bytes: number): void {
    this.#has(bytes);
  }

  #sized(length: number): Buffer | undefined {
    if (length < 0) return undefined;
    return this.#has(length) ? this.#bytes.subarray(this.#at - length, this.#at) : undefined;
  }

  /** Moves past `length` bytes, when they are there. */
  #has(length: number): boolean {
    if (!this.#ok || length > this.#bytes.length - this.#at) {
      this.#ok = false;
      return false;
    }
    this.#at += length;
    return true;
  }
}
