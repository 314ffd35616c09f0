import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { transform } from 'esbuild';
import type { Listener, PeerConfig, PeerHello, Probe, ProbeResult } from './probe.ts';

/** A peer that takes probe requests. */
export interface Peer {
  readonly hello: PeerHello;
  probe(probe: Probe): Promise<ProbeResult>;
  /** Closes all listeners and opens these; returns those that could not be opened. */
  listen(listeners: readonly Listener[]): Promise<PeerHello['failed']>;
  close(): void;
}

/** Writes the peer program into a folder that containers mount; without types, because stripping them in each container costs start time. */
export async function writePeerProgram(folder: string): Promise<void> {
  const source = readFileSync(join(import.meta.dirname, 'peer.ts'), 'utf8');
  const { code } = await transform(source, { loader: 'ts', format: 'esm', target: 'node24' });
  writeFileSync(join(folder, 'peer.mjs'), code);
}

/** The arguments of `node` that run a peer; `folder` is seen as `mountedAs` where the peer runs. */
export function writePeerConfig(folder: string, mountedAs: string, key: string, config: Omit<PeerConfig, 'socket'>): readonly string[] {
  const full: PeerConfig = { ...config, socket: `${mountedAs}/${key}.sock` };
  writeFileSync(join(folder, `${key}.json`), JSON.stringify(full));
  return [`${mountedAs}/peer.mjs`, `${mountedAs}/${key}.json`];
}

/** Connects to a peer as soon as its listeners are open. */
export async function connectPeer(socketPath: string, timeoutMs: number): Promise<Peer> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const socket = await tryConnect(socketPath);
    if (socket !== undefined) return makePeer(socket);
    if (Date.now() > deadline) throw new Error(`no peer behind ${socketPath} within ${timeoutMs} ms`);
    await sleep(10);
  }
}

function tryConnect(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path, () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}

async function makePeer(socket: Socket): Promise<Peer> {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const first = Promise.withResolvers<PeerHello>();
  let next = 0;
  createInterface({ input: socket }).on('line', (text) => {
    // The peer is ours (peer.ts): the first line is its hello, every other one an answer.
    const message = JSON.parse(text) as PeerHello | { id: number; result: unknown };
    if (!('id' in message)) return first.resolve(message);
    waiting.get(message.id)?.resolve(message.result);
    waiting.delete(message.id);
  });
  socket
    .on('error', () => undefined)
    .on('close', () => {
      const error = new Error('the peer went away');
      first.reject(error);
      for (const one of waiting.values()) one.reject(error);
    });
  const send = (what: { readonly probe: Probe } | { readonly listen: readonly Listener[] }): Promise<unknown> => {
    const id = next++;
    const answer = Promise.withResolvers<unknown>();
    waiting.set(id, answer);
    socket.write(`${JSON.stringify({ id, ...what })}\n`);
    return answer.promise;
  };
  return {
    hello: await first.promise,
    // The types of the answers are those of peer.ts, which was sent the matching request.
    probe: async (probe) => (await send({ probe })) as ProbeResult,
    listen: async (listeners) => (await send({ listen: listeners })) as PeerHello['failed'],
    close: () => socket.destroy(),
  };
}
