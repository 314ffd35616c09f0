/** An agent without a server: it runs its pipeline, serves its health and its metrics, and is nobody's but its owner's. */

import type { SourceText } from '../core/text.ts';
import { type AgentDeps, keepAlive } from './agent.ts';
import { openDataDir } from './identity/data-dir.ts';
import { agentNameOf } from './identity/name.ts';
import { startParts } from './parts.ts';
import { collecting } from './pipeline/collecting.ts';
import { createPlanes } from './planes/planes.ts';
import { type AgentSettings, agentSettings, remoteAgentSettings } from './settings/index.ts';

export interface LoneAgent extends AsyncDisposable {
  readonly name: string;
  readonly healthAddress: { readonly host: string; readonly port: number } | undefined;
  /** Its file was read again; resolves with why the new settings are not used. */
  reload(settings: AgentSettings, source: SourceText): Promise<string | undefined>;
  /** Settles when all sources have ended by themselves and everything is delivered: standard input. */
  readonly done: Promise<void>;
}

export async function startAlone(settings: AgentSettings, deps: AgentDeps): Promise<LoneAgent> {
  const { clock, log, registry, version, environment, source } = deps;
  await using stack = new AsyncDisposableStack();
  const planes = createPlanes(settings.planes);
  const dataDir = stack.use(await openDataDir(settings.identity.dataDir, log));
  const name = agentNameOf(settings.identity);
  const done = Promise.withResolvers<void>();
  const parts = stack.use(
    await startParts({
      ...{ planes, version, clock, log, registry, random: deps.random ?? Math.random, environment, source },
      ...{ schema: agentSettings, remoteSchema: remoteAgentSettings, dataDir: dataDir.path, others: [] },
      // A configuration from a server that it once had is not for it any more.
      settings: { ...settings, remote: { ...settings.remote, enabled: false } },
      further: collecting(deps, { planes, dataDir: dataDir.path, agent: name, patient: false, done: done.resolve }),
    }),
  );
  parts.ready();
  stack.defer(keepAlive());
  const all = stack.move();
  return {
    name,
    healthAddress: parts.healthAddress,
    reload: parts.reload,
    done: done.promise,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
