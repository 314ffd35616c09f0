import { randomBytes } from 'node:crypto';

/** A new life of a source that cannot be read again: 16 hex digits. */
export const newGeneration = (): string => randomBytes(8).toString('hex');
