/** The control link: it is watched by using it. */
import type { Connection, ConnectionState } from '../connection/connection.ts';
import { type WatchDeps, watchLink } from './watch.ts';

/**
 * A connection that is lost is an outage from then on; searching at the start is none yet, waiting after a failed attempt is.
 * Disposing ends the watch and leaves an outage open: the next agent goes on with it.
 */
export function watchControl(
  connection: Pick<Connection, 'state' | 'onState'>,
  to: string,
  deps: WatchDeps,
): Disposable & { state(): ReturnType<ReturnType<typeof watchLink>['state']> } {
  // Every change of the connection is a fact, so one is enough.
  const watched = watchLink(
    { name: 'control', to, plane: 'control', component: 'connection', downAfter: 1, upAfter: 1, required: true },
    deps,
  );
  let seen = false;
  const take = (state: ConnectionState): void => {
    if (state.kind === 'connected') watched.result(undefined);
    else if (seen || state.kind === 'waiting') watched.result(state.reason);
    if (state.kind === 'connected') seen = true;
  };
  take(connection.state());
  const off = connection.onState(take);
  return { state: () => watched.state(), [Symbol.dispose]: off };
}
