import type { Publication, Workload } from '../../network/model.ts';
import { IPV4_ONLY, listener } from './listen.ts';
import type { ListenerDraft } from './program.ts';

/**
 * For an image that nobody knows: people expose and publish ports on which something listens. Assumed, on all
 * addresses; the place is the declaration, so that a verdict can say on which line the assumption rests.
 */
export function exposedListeners(workload: Workload, publications: readonly Publication[]): readonly ListenerDraft[] {
  const found = new Map<string, ListenerDraft>();
  const published = publications.map(({ containerPort, transport, origin, containerPortOrigin }) => ({
    port: containerPort,
    transport,
    origin: containerPortOrigin ?? origin,
  }));
  for (const { port, transport, origin } of [...published, ...workload.exposed]) {
    const key = `${port}/${transport}`;
    if (!found.has(key)) found.set(key, listener(IPV4_ONLY, port, origin, { transport, knowledge: 'assumed' }));
  }
  return [...found.values()];
}
