/** Writes the protocol's primitive types for a request. Requests are small: records are not copied in here. */
export class WireWriter {
  #bytes = Buffer.allocUnsafe(256);
  #at = 0;
  readonly #flexible: boolean;

  constructor(flexible = false) {
    this.#flexible = flexible;
  }

  int8(value: number): this {
    this.#at = this.#room(1).writeInt8(value, this.#at);
    return this;
  }

  int16(value: number): this {
    this.#at = this.#room(2).writeInt16BE(value, this.#at);
    return this;
  }

  int32(value: number): this {
    this.#at = this.#room(4).writeInt32BE(value, this.#at);
    return this;
  }

  int64(value: bigint): this {
    this.#at = this.#room(8).writeBigInt64BE(value, this.#at);
    return this;
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  unsignedVarint(value: number): this {
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) this.#byte((rest % 128) | 128);
    return this.#byte(rest);
  }

  string(value: string | undefined): this {
    if (value === undefined) return this.#flexible ? this.unsignedVarint(0) : this.int16(-1);
    const bytes = Buffer.from(value);
    if (this.#flexible) this.unsignedVarint(bytes.length + 1);
    else this.int16(bytes.length);
    return this.raw(bytes);
  }

  /** Only the length: the bytes follow from elsewhere. */
  bytesLength(length: number): this {
    return this.#flexible ? this.unsignedVarint(length + 1) : this.int32(length);
  }

  bytes(value: Uint8Array): this {
    return this.bytesLength(value.length).raw(value);
  }

  arrayLength(count: number): this {
    return this.#flexible ? this.unsignedVarint(count + 1) : this.int32(count);
  }

  /** No tagged fields (KIP-482). */
  tags(): this {
    return this.#flexible ? this.#byte(0) : this;
  }

  raw(value: Uint8Array): this {
    this.#room(value.length).set(value, this.#at);
    this.#at += value.length;
    return this;
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  #byte(value: number): this {
    this.#at = this.#room(1).writeUInt8(value, this.#at);
    return this;
  }

  #room(bytes: number): Buffer {
    if (this.#at + bytes > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#at + bytes));
      this.#bytes.copy(larger, 0, 0, this.#at);
      this.#bytes = larger;
    }
    return this.#bytes;
  }
}
