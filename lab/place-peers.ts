import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LabEngine } from './engine.ts';
import { type Place, startWithin } from './lan.ts';
import { connectPeer, type Peer, writePeerConfig, writePeerProgram } from './peer-client.ts';

const known = new WeakMap<LabEngine, Map<Place, Promise<Peer>>>();

/** The peer on a machine of the LAN. It lives as long as the engine; each topology gives it other listeners. */
export function placePeer(engine: LabEngine, place: Place): Promise<Peer> {
  const peers = known.get(engine) ?? new Map<Place, Promise<Peer>>();
  known.set(engine, peers);
  const peer = peers.get(place) ?? start(engine, place);
  peers.set(place, peer);
  return peer;
}

async function start(engine: LabEngine, place: Place): Promise<Peer> {
  const folder = join(engine.run.dir, `peer-${place}`);
  mkdirSync(folder);
  await writePeerProgram(folder);
  const args = writePeerConfig(folder, folder, place, { name: place, listeners: [] });
  startWithin(engine.run, place, process.execPath, args, { env: { UV_THREADPOOL_SIZE: '64' } });
  return connectPeer(join(folder, `${place}.sock`), 20_000);
}
