/** Certificates that somebody else makes, mounts and renews (cert-manager, Vault, a file of the operating system's). */
import { readFile } from 'node:fs/promises';
import { FairleadError } from '../../core/errors.ts';
import { reasonOf } from './atomic-file.ts';
import type { Credentials } from './identity.ts';
import { mismatch } from './identity.ts';

export interface MountedFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly caFile: string | undefined;
}

/** Read at every connect, so that a renewed file is taken up. Throws FAIRLEAD_AGENT_CREDENTIAL when the pair cannot be used. */
export async function readMounted(files: MountedFiles): Promise<Credentials> {
  const [chainPem, keyPem, bundlePem] = [
    await readCredential(files.certificateFile),
    await readCredential(files.keyFile),
    files.caFile === undefined ? '' : await readCredential(files.caFile),
  ];
  const reason = mismatch({ chainPem, keyPem });
  if (reason !== undefined)
    throw new FairleadError('FAIRLEAD_AGENT_CREDENTIAL', {
      path: files.certificateFile,
      reason: `cannot be used with ${files.keyFile}: ${reason}`,
      hint: 'mount a PEM certificate and the PEM key that belongs to it',
    });
  return { keyPem, chainPem, bundlePem };
}

/** A file that the settings name and that has to be there. */
export async function readCredential(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new FairleadError(
      'FAIRLEAD_AGENT_CREDENTIAL',
      { path, reason: `cannot be read: ${reasonOf(cause)}`, hint: 'check the path and that the agent may read it' },
      { cause },
    );
  }
}
