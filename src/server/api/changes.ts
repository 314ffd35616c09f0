/** What the parts of the server say of themselves, as changes for those who listen (GET /v1/events). */
import type { ConfigurationCenter } from '../configurations/configurations.ts';
import type { DiscoveryRegistry } from '../discovery/registry.ts';
import type { ChangeFeed } from './events.ts';

/** `rollout.changed` with each state and stage of a rollout, once. The result ends it. */
export function publishRollouts(
  configurations: Pick<ConfigurationCenter, 'rollouts' | 'onChange'>,
  feed: Pick<ChangeFeed, 'publish'>,
): () => void {
  const known = new Map<string, string>();
  const look = (publish: boolean) => {
    for (const { id, configuration, toVersion, state, stage, reason } of configurations.rollouts()) {
      const now = `${state} ${stage}`;
      if (known.get(id) === now) continue;
      known.set(id, now);
      if (publish) feed.publish({ kind: 'rollout.changed', data: { id, configuration, to: toVersion, state, stage, reason } });
    }
  };
  look(false);
  // Changes of single agents are no steps of a rollout.
  return configurations.onChange((uids) => uids === undefined && look(true));
}

/** A burst of registrations is one change for whoever looks at the list. */
const settleMs = 250;
/** Blocking queries of the catalog last so long at most; then the next one is asked. */
const waitMs = 600_000;

/** `service.changed` when instances come, go, or change their health. Says that, not what: the list is one request away. */
export function publishServices(
  services: Pick<DiscoveryRegistry, 'catalog' | 'clock' | 'wait'>,
  feed: Pick<ChangeFeed, 'publish'>,
): () => void {
  const ending = new AbortController();
  const { catalog, clock } = services;
  const follow = async (topic: 'services' | 'checks') => {
    for (let index = catalog.indexOf(topic); !ending.signal.aborted; ) {
      await services.wait(topic, index, waitMs, ending.signal);
      const now = catalog.indexOf(topic);
      if (ending.signal.aborted) return;
      if (now !== index) soon();
      // A registry that is closed answers at once and for ever.
      else await new Promise<void>((resolve) => void clock.after(1_000, resolve));
      index = now;
    }
  };
  let waiting: (() => void) | undefined;
  const soon = () => {
    waiting ??= clock.after(settleMs, () => {
      waiting = undefined;
      feed.publish({ kind: 'service.changed', data: {} });
    });
  };
  void follow('services');
  void follow('checks');
  return () => {
    ending.abort();
    waiting?.();
  };
}
