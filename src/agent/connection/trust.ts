/** Which authority the server must chain to, found before anything is said to it. */
import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import type { DialOptions } from './dial.ts';
import { dial } from './dial.ts';
import { fingerprintOf, shownChain } from './tls.ts';

export interface TrustSettings {
  /** PEM that the user names; the empty text: none. */
  readonly ca: string;
  readonly pin: string | undefined;
  readonly onFirstUse: boolean;
}

export type Trusted =
  /** `unseen`: nobody vouched for it; its fingerprint is what a person can compare. */
  | { readonly ok: true; readonly ca: string; readonly unseen?: string }
  | { readonly ok: false; readonly untrusted: boolean; readonly sentence: string };

/**
 * The authorities for the first connection. A pin comes before a file, a file before trust on first use. With a pin, the root is
 * taken from what the server shows, and only if its digest is the pinned one.
 */
export async function firstTrust(settings: TrustSettings, server: Omit<DialOptions, 'tls'>, name: string): Promise<Trusted> {
  if (settings.pin === undefined && (settings.ca !== '' || !settings.onFirstUse)) return { ok: true, ca: settings.ca };
  const dialed = await dial(server);
  if (!dialed.ok) return { ok: false, untrusted: false, sentence: dialed.sentence };
  const deadline = AbortSignal.any([server.signal, AbortSignal.timeout(server.timeoutMs)]);
  // `dial` gives a plain socket where no TLS is asked for.
  const chain = await shownChain(dialed.socket as Socket, name, deadline);
  dialed.socket.destroy();
  const where = `${server.host}:${server.port}`;
  if (typeof chain === 'string') return { ok: false, untrusted: false, sentence: `the TLS handshake with ${where} fails: ${chain}` };
  return settings.pin === undefined ? firstUse(chain, where) : pinned(chain, settings.pin, where);
}

export function pinned(chain: readonly X509Certificate[], pin: string, where: string): Trusted {
  const root = chain.find((certificate) => fingerprintOf(certificate) === pin);
  if (root !== undefined) return { ok: true, ca: root.toString() };
  const last = chain.at(-1);
  const shown = last === undefined ? 'no certificate' : `"${subject(last)}" with ${fingerprintOf(last)}`;
  return {
    ok: false,
    untrusted: true,
    sentence: `${where} is not the pinned server: it shows ${shown} and not ${pin}; nothing was sent to it`,
  };
}

function firstUse(chain: readonly X509Certificate[], where: string): Trusted {
  // The newest authority comes first where there are two.
  const root = chain.find((certificate) => certificate.ca && certificate.checkIssued(certificate)) ?? chain.at(-1);
  if (root === undefined) return { ok: false, untrusted: true, sentence: `${where} shows no certificate` };
  return { ok: true, ca: root.toString(), unseen: fingerprintOf(root) };
}

function subject(certificate: X509Certificate): string {
  return certificate.subject.replaceAll('\n', ', ');
}
