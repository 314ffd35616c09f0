/** The identity as it is now, in memory and on disk; and the credentials that connections are made with. */
import type { DataDir } from '../identity/data-dir.ts';
import type { Credentials, Identity } from '../identity/identity.ts';
import type { MountedFiles } from '../identity/mounted.ts';
import { readMounted } from '../identity/mounted.ts';

export interface Keeper {
  /** Undefined: this agent never joined. */
  current(): Identity | undefined;
  /** Durable when it resolves. When it rejects it is the current one all the same: a full disk must not cost the new certificate. */
  adopt(next: Identity): Promise<void>;
  /** For the next connection. Mounted files are read anew, so that a renewed one is taken up. */
  credentials(): Promise<Credentials | undefined>;
  readonly mounted: boolean;
}

export function createKeeper(dataDir: Pick<DataDir, 'save'>, loaded: Identity | undefined, mounted: MountedFiles | undefined): Keeper {
  let identity = loaded;
  return {
    mounted: mounted !== undefined,
    current: () => identity,
    async adopt(next) {
      identity = next;
      await dataDir.save(next);
    },
    credentials: async () => (mounted === undefined ? identity?.credentials : readMounted(mounted)),
  };
}
