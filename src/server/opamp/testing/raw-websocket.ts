/** A WebSocket client that puts together its own bytes (RFC 6455), right and wrong ones. Production code does not import it. */
import { createHash } from 'node:crypto';
import { connect, type TLSSocket } from 'node:tls';
import { tlsOf } from './agent.ts';
import type { TestIdentity } from './server.ts';

export interface Frame {
  readonly fin: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

export interface FrameShape {
  readonly fin?: boolean;
  readonly opcode?: number;
  readonly masked?: boolean;
  readonly reserved?: number;
  /** What the header claims, where that is not the truth. */
  readonly length?: number;
}

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** RFC 6455 section 5.2. */
export function frameBytes(
  payload: Uint8Array,
  { fin = true, opcode = opcodes.binary, masked = true, reserved = 0, length = payload.length }: FrameShape = {},
): Buffer {
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  const bit = masked ? 0x80 : 0;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = first;
  if (length < 126) head[1] = bit | length;
  else if (length < 65_536) {
    head[1] = bit | 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = bit | 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  if (!masked) return Buffer.concat([head, payload]);
  const key = Buffer.from([0x37, 0xfa, 0x21, 0x3d]); // that of the examples in section 5.7
  return Buffer.concat([head, key, Buffer.from(payload.map((byte, at) => byte ^ (key[at % 4] ?? 0)))]);
}

/** All whole frames; a server's are not masked. */
export function readFrames(bytes: Buffer): readonly Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const short = (bytes[at + 1] ?? 0) & 0x7f;
    const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    if (start + length > bytes.length) break;
    const first = bytes[at] ?? 0;
    frames.push({ fin: first >= 0x80, opcode: first & 0x0f, payload: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return frames;
}

export interface RawSocket extends AsyncDisposable {
  readonly socket: TLSSocket;
  write(bytes: Uint8Array): void;
  /** Resolves with the first frame of this kind that has come or comes. */
  frame(opcode: number): Promise<Frame>;
  readonly ended: Promise<void>;
}

/** Connects, upgrades and checks the server's answer against section 4.2.2. */
export async function rawWebSocket(port: number, identity: TestIdentity): Promise<RawSocket> {
  const socket = connect({ host: '127.0.0.1', port, ...tlsOf(identity) });
  const nonce = Buffer.from('sixteen bytes !!').toString('base64');
  socket.write(
    `GET /v1/opamp HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${nonce}\r\n\r\n`,
  );
  let bytes = Buffer.alloc(0);
  let wake = () => {};
  socket.on('error', () => {});
  socket.on('data', (data: Buffer) => {
    bytes = Buffer.concat([bytes, data]);
    wake();
  });
  const ended = new Promise<void>((resolve) =>
    socket.once('close', () => {
      wake();
      resolve();
    }),
  );
  async function see<T>(find: () => T | undefined): Promise<T> {
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if (socket.closed) throw new Error('the connection ended before');
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  const headEnd = await see(() => (bytes.includes('\r\n\r\n') ? bytes.indexOf('\r\n\r\n') + 4 : undefined));
  const head = bytes.subarray(0, headEnd).toString();
  const accept = createHash('sha1').update(`${nonce}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  if (!head.startsWith('HTTP/1.1 101 ') || !head.includes(`Sec-WebSocket-Accept: ${accept}`)) throw new Error(head);
  return {
    socket,
    ended,
    write: (data) => void socket.write(data),
    frame: (opcode) => see(() => readFrames(bytes.subarray(headEnd)).find((frame) => frame.opcode === opcode)),
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await ended;
    },
  };
}

export const closeCode = (frame: Frame): number => frame.payload.readUInt16BE(0);
