/** Bytes of the protocol as far as the relay changes them. The mock's versions: Produce 7, Metadata 2, ApiVersions 0 to 2; all not flexible. */
export const apis = { produce: 0, metadata: 3, saslHandshake: 17, apiVersions: 18, saslAuthenticate: 36 } as const;

/** No bytes of its own. */
export const dropped = Buffer.alloc(0);

/** Hands out whole frames, length included. */
export class Frames {
  readonly #take: (frame: Buffer) => void;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(take: (frame: Buffer) => void) {
    this.#take = take;
  }

  add(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    while (this.#bytes.length >= 4) {
      const end = 4 + this.#bytes.readInt32BE(0);
      if (this.#bytes.length < end) return;
      const frame = Buffer.from(this.#bytes.subarray(0, end));
      this.#bytes = this.#bytes.subarray(end);
      this.#take(frame);
    }
  }
}

export function framed(body: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length, 0);
  return Buffer.concat([size, body]);
}

/** Metadata response: [node id, host, port, rack] — the ports become those of the relay. */
export function movePorts(frame: Buffer, version: number, ports: ReadonlyMap<number, number>): void {
  let at = 8 + (version >= 3 ? 4 : 0);
  const count = frame.readInt32BE(at);
  at += 4;
  for (let broker = 0; broker < count; broker++) {
    at += 4;
    at += 2 + frame.readInt16BE(at);
    frame.writeInt32BE(ports.get(frame.readInt32BE(at)) ?? 0, at);
    at += 4;
    if (version >= 1) at += 2 + Math.max(0, frame.readInt16BE(at));
  }
}

/** The last field of a Produce response. */
export function patchThrottle(frame: Buffer, ms: number): Buffer {
  if (ms > 0) frame.writeInt32BE(ms, frame.length - 4);
  return frame;
}

/** ApiVersions response, version 0: the two requests of SASL are offered too. */
export function addSasl(frame: Buffer): Buffer {
  if (frame.readInt16BE(8) !== 0) return frame;
  const count = frame.readInt32BE(10);
  const more = Buffer.alloc(12);
  more.writeInt16BE(apis.saslHandshake, 0);
  more.writeInt16BE(1, 4);
  more.writeInt16BE(apis.saslAuthenticate, 6);
  more.writeInt16BE(1, 10);
  const end = 14 + 6 * count;
  const body = Buffer.concat([frame.subarray(4, end), more, frame.subarray(end)]);
  body.writeInt32BE(count + 2, 6);
  return framed(body);
}
