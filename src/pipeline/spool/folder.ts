/** The folder of one spool. */
import { join } from 'node:path';
import type { Disk, DiskFile } from '../disk.ts';
import { codeOf } from '../disk-error.ts';
import { segmentName } from './place.ts';

export interface Folder {
  readonly disk: Disk;
  readonly dir: string;
}

export const segmentPath = ({ dir }: Folder, number: number): string => join(dir, segmentName(number));
export const statePath = ({ dir }: Folder): string => join(dir, 'state');

/** Undefined when it is not there. */
export async function openIfThere({ disk }: Folder, path: string, how: 'read' | 'write'): Promise<DiskFile | undefined> {
  try {
    return await disk.open(path, how);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

export async function unlinkIfThere(disk: Disk, path: string): Promise<void> {
  try {
    await disk.unlink(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

/** Closing says nothing about what was written: that was synced, or it is written anew. */
export const closeQuietly = (file: DiskFile | undefined): Promise<void> => file?.close().catch(() => {}) ?? Promise.resolve();
