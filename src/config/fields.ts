/**
 * The kinds of values that our settings are made of, as Zod schemas: one definition gives the type, the check, the JSON
 * Schema (of what is written, before it is read) and the page in the reference.
 *
 * How a setting is defined: `duration().prefault('30s').describe('how often …').meta({ examples: ['10s'] })`; `prefault` is
 * a default as people write it (`default` would be the value that was read already). Every field is described; objects are `z.strictObject`, so that an unknown key is an error; what has no default says why in its description.
 */
import * as z from 'zod';
import { parseAddress } from '../core/address.ts';
import { parseDuration } from '../core/duration.ts';
import type { Labels } from '../core/labels.ts';
import { labelKey, labelValue } from '../core/labels.ts';

/** `"30s"` → 30000. */
export const duration = (bounds: { readonly minMs?: number; readonly maxMs?: number } = {}) =>
  z
    .string()
    .meta({ format: 'duration', pattern: '^(0|([0-9]+([.][0-9]+)?(ms|s|m|h|d))+)$' })
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms !== undefined && ms >= (bounds.minMs ?? 0) && ms <= (bounds.maxMs ?? Number.MAX_SAFE_INTEGER)) return ms;
      context.addIssue({
        code: 'custom',
        message: ms === undefined ? `"${text}" is no duration; write a number and a unit, for example "30s"` : `"${text}" is out of bounds`,
      });
      return z.NEVER;
    });

const sizeUnits: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
};

/** `"64MiB"` → 67108864. */
export const size = () =>
  z
    .string()
    .meta({ format: 'size', pattern: '^[0-9]+([.][0-9]+)?(B|KiB|MiB|GiB|TiB|kB|MB|GB|TB)$' })
    .transform((text, context) => {
      const [, amount, unit] = /^(\d{1,15}(?:\.\d{1,6})?)(\w+)$/.exec(text) ?? [];
      const factor = sizeUnits[unit ?? ''];
      if (amount !== undefined && factor !== undefined) return Math.round(Number(amount) * factor);
      context.addIssue({ code: 'custom', message: `"${text}" is no size; write a number and a unit, for example "64MiB"` });
      return z.NEVER;
    });

export const port = () => z.int().min(0).max(65_535);

/** Where to listen: an IP address and a port; port 0 lets the system choose. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** `"127.0.0.1:8443"`, `"[::1]:8443"`, `":8443"` for all addresses → host and port. */
export const listenAddress = () =>
  z
    .string()
    .meta({ format: 'address:port' })
    .transform((text, context): ListenAddress => {
      const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
      const host = bracketed ?? plain;
      if (host !== undefined && Number(digits) <= 65_535 && (host === '' || parseAddress(host) !== undefined))
        return { host: host === '' ? '::' : host, port: Number(digits) };
      context.addIssue({
        code: 'custom',
        message: `"${text}" is no address to listen on; write ADDRESS:PORT, for example "127.0.0.1:8443" or ":8443"`,
      });
      return z.NEVER;
    });

/** Label names to values. */
export const labels = () =>
  z.record(z.string(), z.coerce.string()).transform((value, context): Labels => {
    for (const [key, text] of Object.entries(value)) {
      if (labelKey.test(key) && labelValue.test(text)) continue;
      context.addIssue({ code: 'custom', path: [key], message: `${key}: "${text}" is no label; keys are letters, digits and _ . / -` });
    }
    return value;
  });
