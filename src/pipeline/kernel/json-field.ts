/** A field of a JSON object, found by the kernel: for records that nearly all have it, where a search for its name would stop in every one. */
import { intern } from './intern.ts';
import { type Kernel, kernelOf } from './kernel.ts';

export class FieldWalker {
  /** The range of the value that `find` found, in the bytes that it was made for. */
  readonly value: Uint32Array;
  readonly #kernel: Kernel;
  readonly #bytes: number;
  readonly #name: number;
  readonly #length: number;

  constructor(kernel: Kernel, bytes: number, name: number, length: number) {
    this.value = kernel.scratch.value;
    this.#kernel = kernel;
    this.#bytes = bytes;
    this.#name = name;
    this.#length = length;
  }

  /** Whether the record has the field; undefined: its names have to be decoded to know that. */
  find(start: number, end: number): boolean | undefined {
    const { functions, scratch } = this.#kernel;
    const found = functions.field(this.#bytes, start, end, this.#name, this.#length, scratch.value.byteOffset);
    return found === 2 ? undefined : found === 1;
  }
}

/** Undefined where the bytes are in no kernel's memory, or where that has no room for more texts. */
export function fieldWalker(bytes: Buffer, name: Buffer): FieldWalker | undefined {
  const kernel = kernelOf(bytes);
  const at = kernel === undefined ? undefined : intern(kernel, name);
  return kernel === undefined || at === undefined ? undefined : new FieldWalker(kernel, bytes.byteOffset, at, name.length);
}
