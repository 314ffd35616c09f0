/** With which authorities, certificate and headers a connection is made, looked up anew for each: files may have been renewed. */

import type { LocalAddresses } from '../../core/local-addresses.ts';
import type { Credentials, Identity } from '../identity/identity.ts';
import { readCredential } from '../identity/mounted.ts';
import type { Keeper } from '../join/keeper.ts';
import type { ServerSettings } from '../settings/server.ts';
import type { Address, Lookup } from './dial.ts';
import type { TlsOptions } from './tls.ts';
import type { Ended } from './transport.ts';
import { firstTrust } from './trust.ts';

export type Headers = readonly (readonly [string, string])[];

export interface SecureOptions {
  readonly settings: ServerSettings;
  readonly keeper: Keeper;
  readonly connectTimeoutMs: number;
  readonly lookup?: Lookup | undefined;
}

export type Prepared =
  | { readonly ok: true; readonly tls: TlsOptions; readonly headers: Headers }
  | { readonly ok: false; readonly ended: Ended };

/** Where a connection is to go, and what differs from what the agent has. */
export interface Destination {
  readonly url: string;
  readonly addresses?: readonly Address[] | undefined;
  readonly credentials?: Credentials | undefined;
  readonly headers: Headers;
}

export function createSecurity(options: SecureOptions) {
  const { settings, keeper } = options;
  /** A root that a pin named, found once: it cannot change without the pin being another one. */
  let pinnedCa: string | undefined;
  return async (to: Destination, local: LocalAddresses, signal: AbortSignal): Promise<Prepared> => {
    try {
      const credentials = to.credentials ?? (await keeper.credentials());
      const headers = [...(await headersOf(settings.headersFile)), ...to.headers];
      const given = credentials?.bundlePem || pinnedCa;
      if (given || !/^(wss|https):/.test(to.url)) return { ok: true, headers, tls: { ca: given, credentials, name: settings.name } };
      const url = new URL(to.url);
      const host = url.hostname.replace(/^\[|\]$/g, '');
      const trusted = await firstTrust(
        { ca: settings.caFile === undefined ? '' : await readCredential(settings.caFile), pin: settings.caFingerprint, onFirstUse: false },
        {
          host,
          port: url.port === '' ? 443 : Number(url.port),
          local,
          timeoutMs: options.connectTimeoutMs,
          signal,
          ...(to.addresses === undefined ? {} : { addresses: to.addresses }),
          ...(options.lookup === undefined ? {} : { lookup: options.lookup }),
        },
        settings.name ?? host,
      );
      if (!trusted.ok) return { ok: false, ended: { kind: trusted.untrusted ? 'untrusted' : 'lost', sentence: trusted.sentence } };
      if (settings.caFingerprint !== undefined) pinnedCa = trusted.ca;
      return { ok: true, headers, tls: { ca: trusted.ca, credentials, name: settings.name } };
    } catch (error) {
      // A mounted file that is being replaced, or went away: it was there when the agent started.
      return { ok: false, ended: { kind: 'lost', sentence: error instanceof Error ? error.message : String(error) } };
    }
  };
}

/** `Name: value` lines; empty ones and those that begin with `#` do not count. */
export async function headersOf(file: string | undefined): Promise<Headers> {
  if (file === undefined) return [];
  return parseHeaders(await readCredential(file));
}

export function parseHeaders(text: string): Headers {
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'))
    .flatMap((line) => {
      const at = line.indexOf(':');
      return at > 0 ? [[line.slice(0, at).trim(), line.slice(at + 1).trim()] as const] : [];
    });
}

/** What the settings say about connection settings: an offer that was made under others is forgotten. */
export function settingsMark({ endpoints, dns, consul, registry, headersFile }: ServerSettings): string {
  return JSON.stringify([endpoints, dns, consul, registry, headersFile]);
}

/** What a server offered, as far as it still holds. */
export function offeredTo(identity: Identity | undefined, settings: ServerSettings): Identity['offered'] {
  return identity?.offered?.settings === settingsMark(settings) ? identity.offered : undefined;
}
