/** The streams that the records of one file leave in: by channel, and by what the application wrote. */

import type { Format, Stream } from '../stream.ts';
import { type Content, formatOf } from './content.ts';
import type { Channel } from './line.ts';

const names = ['stdout', 'stderr', undefined] as const;

export class OutStreams {
  #base: Stream;
  readonly #content: Content;
  #made = new Map<string, Stream & { fleeting?: boolean }>();

  constructor(base: Stream, content: Content) {
    this.#base = base;
    this.#content = content;
  }

  /** The same file may get another stream: after a reload, and when it was rotated. */
  follow(base: Stream): void {
    if (base !== this.#base) this.#made.clear();
    this.#base = base;
    if (base.fleeting === true) for (const stream of this.#made.values()) stream.fleeting = true;
  }

  of(channel: Channel, bytes: Uint8Array, starts: Uint32Array, ends: Uint32Array, from: number, to: number): Stream {
    return this.#stream(channel, formatOf(this.#content, bytes, starts, ends, from, to));
  }

  #stream(channel: Channel, format: Format): Stream {
    const key = `${channel}${format}`;
    const made = this.#made.get(key);
    if (made !== undefined) return made;
    const name = names[channel];
    const { labels } = this.#base;
    const stream = { ...this.#base, format, labels: name === undefined ? labels : { ...labels, stream: name } };
    this.#made.set(key, stream);
    return stream;
  }
}
