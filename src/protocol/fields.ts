/** Fields that several of our payloads consist of; all of them bounded. */
import * as z from 'zod';
import { parseAddress } from '../core/address.ts';
import { uuidBytes } from '../core/uuid.ts';

/** Names, identifiers, versions. */
export const shortText = z.string().max(256);
/** Sentences, outputs of checks, errors. */
export const longText = z.string().max(4_096);

/** An IP literal; a zone (`fe80::1%eth0`) is not part of it, the interface stands beside it. */
export const ipAddress = z
  .string()
  .max(64)
  .refine((text) => parseAddress(text) !== undefined, { message: 'is no IP address' });

export const portNumber = z.int().min(1).max(65_535);

export const plane = z.enum(['control', 'data']);

/** Milliseconds: since 1970 for a moment, monotonic for a duration. */
export const milliseconds = z.number().min(0).max(Number.MAX_SAFE_INTEGER);

export const uuid = z
  .string()
  .refine((text) => uuidBytes(text) !== undefined, { message: 'is no UUID' })
  .transform((text) => text.toLowerCase());
