/**
 * How many records the brokers hold, asked of them directly (Metadata v1, ListOffsets v1 of the protocol guide): the same clock for every program, and none of
 * them measures itself. A record counts as soon as its broker has appended it, which is when it acknowledges.
 */
import { connect, type Socket } from 'node:net';

const apiListOffsets = 2;
const apiMetadata = 3;
const latest = -1n;

export interface Watermarks extends Disposable {
  /** Records of all partitions so far. */
  total(): Promise<number>;
}

export async function openWatermarks(bootstrap: string, topic: string): Promise<Watermarks> {
  const first = await open(bootstrap.split(',')[0] ?? '');
  const partitions = readMetadata(await first.ask(apiMetadata, metadataRequest(topic)));
  first.socket.destroy();
  const leaders = new Map<string, number[]>();
  for (const { leader, partition } of partitions) leaders.set(leader, [...(leaders.get(leader) ?? []), partition]);
  const asked = await Promise.all(
    Array.from(leaders, async ([address, led]) => ({ link: await open(address), request: offsetsRequest(topic, led) })),
  );
  return {
    async total() {
      const answers = await Promise.all(asked.map(({ link, request }) => link.ask(apiListOffsets, request)));
      return answers.reduce((sum, answer) => sum + readOffsets(answer), 0);
    },
    [Symbol.dispose]() {
      for (const { link } of asked) link.socket.destroy();
    },
  };
}

interface Link {
  readonly socket: Socket;
  /** One request at a time. */
  ask(api: number, body: Buffer): Promise<Buffer>;
}

async function open(address: string): Promise<Link> {
  const [host = '', port = ''] = address.split(':');
  const socket = connect({ host, port: Number(port), noDelay: true });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  let kept = Buffer.alloc(0);
  let answered: PromiseWithResolvers<Buffer> | undefined;
  socket.on('data', (bytes: Buffer) => {
    kept = Buffer.concat([kept, bytes]);
    if (kept.length < 4 || kept.length < 4 + kept.readInt32BE(0)) return;
    const end = 4 + kept.readInt32BE(0);
    answered?.resolve(kept.subarray(8, end)); // behind the length and the correlation id
    kept = kept.subarray(end);
  });
  socket.on('error', (error) => answered?.reject(error)).on('close', () => answered?.reject(new Error(`${address} has closed`)));
  const ask = (api: number, body: Buffer): Promise<Buffer> => {
    answered = Promise.withResolvers();
    const header = Buffer.concat([int16(api), int16(1), int32(1), text('bench')]);
    socket.write(Buffer.concat([int32(header.length + body.length), header, body]));
    return answered.promise;
  };
  return { socket, ask };
}

const int16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
};
const text = (value: string): Buffer => Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);

const metadataRequest = (topic: string): Buffer => Buffer.concat([int32(1), text(topic)]);

function offsetsRequest(topic: string, partitions: readonly number[]): Buffer {
  const each = partitions.map((partition) => Buffer.concat([int32(partition), int64(latest)]));
  return Buffer.concat([int32(-1), int32(1), text(topic), int32(partitions.length), ...each]);
}

/** Reads big-endian values one after the other. */
class Reader {
  #at = 0;
  readonly #bytes: Buffer;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  number(size: 1 | 2 | 4): number {
    this.#at += size;
    return this.#bytes.readIntBE(this.#at - size, size);
  }
  long(): number {
    this.#at += 8;
    return Number(this.#bytes.readBigInt64BE(this.#at - 8));
  }
  text(): string {
    const length = Math.max(0, this.number(2));
    this.#at += length;
    return this.#bytes.toString('utf8', this.#at - length, this.#at);
  }
  list<T>(read: () => T): readonly T[] {
    return Array.from({ length: Math.max(0, this.number(4)) }, read);
  }
}

function readMetadata(answer: Buffer): readonly { readonly leader: string; readonly partition: number }[] {
  const reader = new Reader(answer);
  const brokers = new Map(
    reader.list(() => {
      const id = reader.number(4);
      const address = `${reader.text()}:${reader.number(4)}`;
      reader.text(); // rack
      return [id, address] as const;
    }),
  );
  reader.number(4); // controller
  const topics = reader.list(() => {
    reader.number(2); // error
    reader.text();
    reader.number(1); // internal
    return reader.list(() => {
      reader.number(2);
      const partition = reader.number(4);
      const leader = brokers.get(reader.number(4)) ?? '';
      reader.list(() => reader.number(4)); // replicas
      reader.list(() => reader.number(4)); // in sync
      return { leader, partition };
    });
  });
  return topics.flat();
}

function readOffsets(answer: Buffer): number {
  const reader = new Reader(answer);
  const topics = reader.list(() => {
    reader.text();
    return reader.list(() => {
      reader.number(4); // partition
      const error = reader.number(2);
      if (error !== 0) throw new Error(`ListOffsets was answered with error ${error}`);
      reader.long(); // timestamp
      return reader.long();
    });
  });
  return topics.flat().reduce((sum, offset) => sum + offset, 0);
}
