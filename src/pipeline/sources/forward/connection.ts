/** The forward protocol on one connection: messages in, acknowledgements out. */
import type { Socket } from 'node:net';
import { decompressed } from '../../listening/body.ts';
import type { ByteBudget } from '../../listening/byte-budget.ts';
import type { Complaints } from '../../listening/complaints.ts';
import type { Outflow } from '../../listening/outflow.ts';
import { RequestWriter, requestReceipt } from '../../listening/request-writer.ts';
import type { Conversation } from '../../listening/stream-server.ts';
import type { SourceContext } from '../../source.ts';
import type { Stream } from '../../stream.ts';
import { beginHandshake, type Handshake } from './handshake.ts';
import { type Entries, type ForwardMessage, parseMessage } from './message.ts';
import { broken, more, ValueScanner } from './msgpack.ts';
import type { ForwardSettings } from './settings.ts';
import { writeEntries } from './write-entries.ts';

/** What all connections of a source share. */
export interface Reception {
  readonly settings: ForwardSettings;
  readonly context: SourceContext;
  readonly complaints: Complaints;
  readonly outflow: Outflow;
  readonly budget: ByteBudget;
  streamOf(tag: string): Stream;
}

/** A client that does not read its acknowledgements is not served any longer. */
const maxUnread = 1 << 20;
const firstBytes = 16_384;
const ackHead = Buffer.from([0x81, 0xa3, 0x61, 0x63, 0x6b]); // {"ack":

export function converse(socket: Socket, reception: Reception): Conversation {
  const { settings, context, budget } = reception;
  let buffer = Buffer.alloc(0);
  let size = 0;
  let scanner = new ValueScanner(0);
  let handshake: Handshake | undefined;
  if (settings.sharedKeyFile !== undefined) {
    handshake = beginHandshake(settings, settings.sharedKeyFile);
    socket.write(handshake.hello);
  }

  const end = (reason: string) => {
    context.counters.errors += 1;
    reception.complaints.say('pipeline.source.rejected', { peer: socket.remoteAddress, reason });
    socket.destroy();
  };
  const grow = (wanted: number): boolean => {
    const length = Math.min(Math.max(firstBytes, 2 * buffer.length, wanted), Math.max(wanted, settings.maxMessage));
    if (!budget.take(length - buffer.length)) {
      context.counters.refused += 1;
      end('too much is being received at once (maxPending)');
      return false;
    }
    const larger = Buffer.allocUnsafeSlow(length);
    buffer.copy(larger, 0, 0, size);
    buffer = larger;
    return true;
  };
  const consume = (bytes: number) => {
    buffer.copyWithin(0, bytes, size);
    size -= bytes;
    scanner = new ValueScanner(0);
    if (size > 0 || buffer.length <= firstBytes) return;
    // Between messages a connection keeps no more than a small one's room.
    budget.give(buffer.length);
    buffer = Buffer.alloc(0);
  };
  const greet = async (ping: Uint8Array, present: Handshake): Promise<boolean> => {
    const answer = await present.answer(ping);
    socket.write(answer.reply);
    if (answer.ok) handshake = undefined;
    else {
      context.counters.errors += 1;
      reception.complaints.say('pipeline.source.unauthorized', { peer: socket.remoteAddress, reason: answer.reason });
      socket.end();
    }
    return answer.ok;
  };
  const work = async (first: number) => {
    for (let to = first; to >= 0 && !socket.destroyed; to = scanner.end(buffer, size)) {
      if (handshake !== undefined) {
        if (!(await greet(Buffer.from(buffer.subarray(0, to)), handshake))) return;
      } else {
        const problem = await receive(socket, reception, buffer, to);
        if (problem !== undefined) return end(problem);
      }
      consume(to);
    }
    check();
  };
  /** After all whole messages were taken. */
  const check = () => {
    if (socket.destroyed) return;
    const limit = handshake === undefined ? settings.maxMessage : 4_096;
    if (scanner.end(buffer, size) === broken) end('no MessagePack');
    else if (size >= limit) end(`a message is larger than ${limit} bytes`);
  };
  return {
    take(chunk) {
      if (socket.destroyed) return undefined;
      if (size + chunk.length > buffer.length && !grow(size + chunk.length)) return undefined;
      chunk.copy(buffer, size);
      size += chunk.length;
      const to = scanner.end(buffer, size);
      if (to >= 0) return work(to).catch((error: Error) => end(error.message));
      if (
        to === broken ||
        (to === more && size >= Math.min(settings.maxMessage, handshake === undefined ? Number.POSITIVE_INFINITY : 4_096))
      )
        check();
      return undefined;
    },
    closed() {
      budget.give(buffer.length);
      buffer = Buffer.alloc(0);
      size = 0;
      return undefined;
    },
  };
}

/** One message; a sentence when it cannot be taken. */
async function receive(socket: Socket, reception: Reception, bytes: Buffer, to: number): Promise<string | undefined> {
  const parsed = parseMessage(bytes, 0, to);
  if (!parsed.ok) return parsed.reason;
  const { message } = parsed;
  if (message === undefined) return undefined;
  if (message.signal !== 0) return foreignSignal(socket, reception, message);
  const { receipt, delivered } = requestReceipt();
  const writer = await RequestWriter.open(reception.context, reception.outflow, reception.streamOf(message.tag), receipt);
  try {
    const unpacked = await unpack(bytes, message.entries, reception.settings.maxMessage);
    if (typeof unpacked === 'string') {
      writer.abandon();
      return unpacked;
    }
    const count = await writeEntries(writer, unpacked.bytes, unpacked.entries);
    if (count === -1) {
      writer.abandon();
      return 'an entry is no pair of time and record';
    }
    await writer.finish();
    void delivered.then((safe) => settle(socket, reception, message, { safe, records: count, bytes: to }));
    return undefined;
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

interface Outcome {
  readonly safe: boolean;
  readonly records: number;
  readonly bytes: number;
}

function settle(socket: Socket, { context }: Reception, { chunk }: ForwardMessage, { safe, records, bytes }: Outcome): void {
  if (safe && chunk !== undefined) acknowledge(socket, chunk);
  if (safe) return;
  // With an id the client sends it again because nothing was acknowledged; sooner when it need not wait for that.
  if (chunk !== undefined) return void socket.destroy();
  context.counters.lostBytes += bytes;
  context.log.event('pipeline.source.lost', { records, bytes });
}

function acknowledge(socket: Socket, chunk: Buffer): void {
  if (!socket.writable) return;
  if (socket.writableLength > maxUnread) return void socket.destroy();
  socket.write(Buffer.concat([ackHead, chunk]));
}

/** Metrics and traces of Fluent Bit in its own encoding: nobody else reads it, and a client that got no answer would send it for ever. */
function foreignSignal(socket: Socket, { context, complaints }: Reception, { chunk, signal }: ForwardMessage): undefined {
  context.counters.errors += 1;
  complaints.say(
    'pipeline.source.rejected',
    { peer: socket.remoteAddress, reason: `fluent_signal ${signal} is not logs; it is dropped` },
    'signal',
  );
  if (chunk !== undefined) acknowledge(socket, chunk);
  return undefined;
}

/** Only whoever has the turn unpacks: one at a time. */
async function unpack(bytes: Buffer, entries: Entries, maxBytes: number): Promise<{ bytes: Buffer; entries: Entries } | string> {
  if (entries.mode !== 'packed' || entries.compressed === undefined) return { bytes, entries };
  const packed = bytes.subarray(entries.entries.at, entries.entries.to);
  const result = decompressed(entries.compressed, packed, maxBytes);
  if (result === undefined) return `compression "${entries.compressed}" is not known`;
  try {
    const plain = await result;
    return { bytes: plain, entries: { mode: 'packed', entries: { at: 0, to: plain.length }, compressed: undefined } };
  } catch (error) {
    return `the entries are not ${entries.compressed}, or larger than ${maxBytes} bytes: ${error instanceof Error ? error.message : String(error)}`;
  }
}
