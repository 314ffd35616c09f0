/** Which streams a segment holds already, and where. */
import type { Stream } from '../stream.ts';

/** A stream is written again behind so many bytes, so that one damaged frame of a stream costs no more than these. */
const repeatBytes = 4 << 20;
const maxStreams = 4_096;

export class StreamTable {
  /** Sources pass the same object as long as nothing changed; some make a new one for each batch. */
  #byObject = new Map<Stream, number>();
  #byText = new Map<string, number>();

  /** Where the stream is; or its text, to be written at `offset`. */
  place(stream: Stream, offset: number): { readonly at: number } | { readonly text: string } {
    const object = this.#byObject.get(stream);
    if (object !== undefined && offset - object < repeatBytes) return { at: object };
    const text = JSON.stringify(stream);
    const same = this.#byText.get(text);
    if (same !== undefined && offset - same < repeatBytes) {
      this.#byObject.set(stream, same);
      return { at: same };
    }
    if (this.#byText.size >= maxStreams || this.#byObject.size >= maxStreams) this.clear();
    this.#byObject.set(stream, offset);
    this.#byText.set(text, offset);
    return { text };
  }

  clear(): void {
    this.#byObject = new Map();
    this.#byText = new Map();
  }
}
