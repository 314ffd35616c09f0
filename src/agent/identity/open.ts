/** Who the agent is when it starts: what it was before, what is mounted, a UID of its own making, or nobody until it has joined. */
import type { Clock } from '../../core/clock.ts';
import { uuidv7 } from '../../core/uuid.ts';
import type { Log } from '../../observe/log.ts';
import type { Keeper } from '../join/keeper.ts';
import { createKeeper } from '../join/keeper.ts';
import type { IdentitySettings } from '../settings/identity.ts';
import type { ServerSettings } from '../settings/server.ts';
import type { DataDir } from './data-dir.ts';
import { uidOf } from './identity.ts';
import { machineFingerprint, movedTo } from './machine.ts';
import type { MountedFiles } from './mounted.ts';
import { readMounted } from './mounted.ts';
import { agentNameOf } from './name.ts';

export async function openIdentity(
  server: ServerSettings,
  identity: IdentitySettings,
  dataDir: DataDir,
  clock: Clock,
  log: Log,
): Promise<{ readonly keeper: Keeper; readonly machine: string }> {
  const machine = await machineFingerprint();
  const mounted = mountedFiles(server);
  const loaded = await dataDir.load();
  const keeper = createKeeper(dataDir, loaded, mounted);
  if (loaded !== undefined && movedTo(loaded.machine, machine)) log.event('agent.identity.moved', { uid: loaded.uid });
  const uid = mounted === undefined ? undefined : uidOf((await readMounted(mounted)).chainPem);
  const unnamed = loaded === undefined && server.enrolment.length === 0;
  // A mounted certificate names its agent; where it does not, and where there is none, the agent names itself, once.
  if (unnamed || (uid !== undefined && uid !== loaded?.uid)) {
    const name = agentNameOf(identity);
    await keeper.adopt({ format: 1, uid: uid ?? loaded?.uid ?? uuidv7(clock.now()), name, servers: [], machine });
  }
  return { keeper, machine };
}

function mountedFiles({ certificateFile, keyFile, caFile }: ServerSettings): MountedFiles | undefined {
  return certificateFile === undefined || keyFile === undefined ? undefined : { certificateFile, keyFile, caFile };
}
