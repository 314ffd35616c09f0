/** Carries an offer of connection settings out: tried on a connection of its own, and in use only when the server answered there. */
import type { Log } from '../../observe/log.ts';
import type { ConnectionSettingsOffers } from '../../protocol/opamp.ts';
import type { Identity } from '../identity/identity.ts';
import type { Keeper } from '../join/keeper.ts';
import type { Exchange } from './exchange.ts';
import { copy } from './inbound.ts';
import type { Present, Wanted } from './offers.ts';
import { planOffer } from './offers.ts';
import type { Outbox } from './outbox.ts';
import type { Destination, Headers } from './secure.ts';
import type { Ended, Opened, Transport } from './transport.ts';

export interface OfferOptions {
  readonly log: Log;
  readonly keeper: Pick<Keeper, 'current' | 'credentials' | 'mounted'>;
  readonly adopt: (identity: Identity) => Promise<unknown>;
  readonly outbox: Outbox;
  readonly exchange: Exchange;
  readonly settingsMark: string;
  /** What the messages are signed with: during a change that the server ordered it is the new one. */
  readonly uid: () => string;
  readonly open: (to: Destination) => Promise<Opened>;
  /** The conversation goes on over this one. */
  readonly moved: (transport: Transport, headers: Headers) => void;
  readonly certificate: { readonly pendingKey: string | undefined; renewed(): void; failed(reason: string): void };
}

export type UseOffer = (offers: ConnectionSettingsOffers, present: { readonly url: string; readonly headers: Headers }) => Promise<void>;

export function createUseOffer(options: OfferOptions): UseOffer {
  const { log, keeper, outbox, exchange, certificate } = options;

  const report = (hash: Uint8Array, status: 'applying' | 'applied' | 'failed', error = '') => {
    outbox.connectionSettings(hash, status, error);
    exchange.wake();
  };
  const fail = (hash: Uint8Array, reason: string, asked: boolean) => {
    log.event('agent.connection.offer-failed', { reason });
    report(hash, 'failed', reason);
    if (asked) certificate.failed(reason);
  };

  return async (offers, { url, headers }) => {
    const hash = copy(offers.hash);
    const identity = keeper.current();
    const asked = certificate.pendingKey !== undefined && (offers.opamp?.certificate?.cert.length ?? 0) > 0;
    if (identity === undefined) return;
    // Sent again, or by a server that was restarted: it is in use.
    if (!asked && identity.offered?.hash === hex(hash) && identity.offered.settings === options.settingsMark)
      return report(hash, 'applied');
    const credentials = await keeper.credentials().catch(() => undefined);
    const keys = [credentials?.keyPem, certificate.pendingKey].filter((key) => key !== undefined);
    const present: Present = { url, headers, uid: options.uid(), credentials, keys, mounted: keeper.mounted };
    const plan = planOffer(present, offers);
    if (plan.kind === 'refuse') return fail(hash, plan.sentence, asked);
    const { wanted } = plan;
    if (!plan.reconnect) {
      await keep(wanted, hash, wanted.url);
      exchange.heartbeatEvery(wanted.heartbeatMs);
      return report(hash, 'applied');
    }
    log.event('agent.connection.offer-tried', { url, what: plan.what });
    report(hash, 'applying');
    const failure = await tryAll(wanted, present);
    if (failure !== undefined && !failure.certificateWorks) return fail(hash, failure.sentence, asked);
    await keep(wanted, hash, failure === undefined ? wanted.url : url);
    exchange.heartbeatEvery(wanted.heartbeatMs);
    log.event('agent.connection.offer-used', { what: plan.what });
    report(hash, failure === undefined ? 'applied' : 'failed', failure?.sentence);
    if (asked || credentials?.chainPem !== wanted.credentials?.chainPem) certificate.renewed();
  };

  /** Undefined: all of it works. The endpoint may not, where the agent stands, and yet the certificate must not be lost for that. */
  async function tryAll(
    wanted: Wanted,
    present: Present,
  ): Promise<{ readonly sentence: string; readonly certificateWorks: boolean } | undefined> {
    const first = await tryOne(wanted);
    if (first === undefined) return undefined;
    const sentence = 'sentence' in first ? first.sentence : 'given up';
    const newCertificate = wanted.credentials?.chainPem !== present.credentials?.chainPem;
    if (!newCertificate || wanted.url === present.url || first.kind === 'refused') return { sentence, certificateWorks: false };
    const second = await tryOne({ ...wanted, url: present.url });
    return { sentence: `${wanted.url} does not work from here: ${sentence}`, certificateWorks: second === undefined };
  }

  async function tryOne(wanted: Wanted): Promise<Ended | undefined> {
    const opened = await options.open({ url: wanted.url, headers: wanted.headers, credentials: wanted.credentials });
    if (!opened.ok) return opened.ended;
    const moved = await exchange.move(opened.transport);
    if (!moved.ok) return moved.ended;
    options.moved(opened.transport, wanted.headers);
    return undefined;
  }

  async function keep(wanted: Wanted, hash: Uint8Array, endpoint: string): Promise<void> {
    const identity = keeper.current();
    if (identity === undefined) return;
    const { headers, heartbeatMs, credentials } = wanted;
    await options.adopt({
      ...identity,
      uid: options.uid(),
      // Mounted ones are not ours to keep.
      ...(keeper.mounted || credentials === undefined ? {} : { credentials }),
      offered: {
        hash: hex(hash),
        endpoint,
        headers: headers.map(([key, value]) => [key, value]),
        heartbeatMs,
        settings: options.settingsMark,
      },
    });
  }
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
