/** The authorities ready to use: keys unsealed, certificates read, and the texts that everybody is given. */
import { X509Certificate } from 'node:crypto';
import { FairleadError } from '../../core/errors.ts';
import type { Entry } from '../store/store.ts';
import type { TrustedRoot } from './peer.ts';
import { bundleOf, inState, newestFirst, type RootRecord, rootsRecord } from './roots.ts';
import { unseal } from './seal.ts';
import { importPkcs8, type Signer, signerOf } from './x509.ts';

export interface LoadedRoots {
  readonly modRevision: number;
  readonly records: readonly RootRecord[];
  /** Newest first. */
  readonly trusted: readonly TrustedRoot[];
  readonly trustedIds: ReadonlySet<string>;
  readonly active: RootRecord;
  readonly signer: Signer;
  readonly bundlePem: string;
  /** What follows a leaf in its chain: the cross certificate while there is a former authority. */
  readonly chainTail: string;
}

export const sealedAbout = (id: string): string => `fairlead ca/roots ${id}`;

/** `sha256:<64 hex>` of the certificate's DER. */
export function fingerprintOf(certificate: X509Certificate): string {
  return `sha256:${certificate.fingerprint256.replaceAll(':', '').toLowerCase()}`;
}

export const fingerprintOfPem = (pem: string): string => fingerprintOf(new X509Certificate(pem));

/** Throws FAIRLEAD_CA_DAMAGED or FAIRLEAD_CA_KEY_SEALED. */
export async function loadRoots(entry: Entry, sealingKey: Uint8Array | undefined): Promise<LoadedRoots> {
  const records = readRecords(entry);
  const active = inState(records, 'active');
  if (active === undefined) throw new FairleadError('FAIRLEAD_CA_DAMAGED', { reason: 'none of its roots is active' });
  try {
    const key = await importPkcs8(unseal(active.key, sealedAbout(active.id), sealingKey));
    const trusted = newestFirst(records).map(({ id, pem }) => ({ id, certificate: new X509Certificate(pem) }));
    return {
      modRevision: entry.modRevision,
      records,
      trusted,
      trustedIds: new Set(trusted.map(({ id }) => id)),
      active,
      signer: await signerOf(active.pem, key),
      bundlePem: bundleOf(records),
      chainTail: active.crossPem ?? '',
    };
  } catch (cause) {
    if (cause instanceof FairleadError) throw cause;
    throw new FairleadError('FAIRLEAD_CA_DAMAGED', { reason: 'a certificate or key in it is not readable' }, { cause });
  }
}

function readRecords(entry: Entry): readonly RootRecord[] {
  try {
    return rootsRecord.parse(JSON.parse(entry.value)).roots;
  } catch (cause) {
    throw new FairleadError('FAIRLEAD_CA_DAMAGED', { reason: 'its record has another form than this version writes' }, { cause });
  }
}
