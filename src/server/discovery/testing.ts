/** What the tests of the discovery have in common: a registry in memory, and a real HTTP server around a handler. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { type Clock, systemClock } from '../../core/clock.ts';
import { silentLog } from '../../observe/log.ts';
import type { ServiceReport } from '../../protocol/services.ts';
import type { Handler } from '../http/exchange.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import { createRegistry, type DiscoveryRegistry } from './registry.ts';

export const memoryStore = (clock: Clock = systemClock): Promise<Store> => openSqliteStore({ path: ':memory:', clock });

export interface TestRegistry extends AsyncDisposable {
  readonly registry: DiscoveryRegistry;
  readonly store: Store;
}

/** On a store of its own unless one is given, which then stays open. */
export async function testRegistry(options: { readonly clock?: Clock; readonly store?: Store } = {}): Promise<TestRegistry> {
  const clock = options.clock ?? systemClock;
  const store = options.store ?? (await memoryStore(clock));
  const node = { name: 'control-1', address: '127.0.0.1' };
  const registry = await createRegistry({ store, clock, log: silentLog, registry: new Registry(), node });
  return {
    registry,
    store,
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]();
      if (options.store === undefined) await store[Symbol.asyncDispose]();
    },
  };
}

export interface TestServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
}

export async function serve(handler: Handler, port = 0): Promise<TestServer> {
  const server = createServer((request, response) => void handler(request, response));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  // A server that listens on TCP has such an address.
  const address = server.address() as AddressInfo;
  return {
    port: address.port,
    url: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A service as an agent reports it; `web-1` is an instance of `web`. */
export const agentService = (id: string, fields: Partial<ServiceReport> = {}): ServiceReport => ({
  id,
  name: id.replace(/-?\d+$/, ''),
  address: '192.0.2.10',
  port: 8080,
  tags: [],
  meta: {},
  check: { status: 'passing', output: '', sinceMs: 0 },
  ...fields,
});
