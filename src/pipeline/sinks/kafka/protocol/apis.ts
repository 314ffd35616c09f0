/** The requests that a producer needs, with the versions that are spoken here and those that are flexible (KIP-482). */
export interface Api {
  readonly key: number;
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly flexibleFrom: number;
}

const never = 0x7fff;

/** Produce from 3: records in the message format 2, which idempotence and headers need. */
export const produceApi: Api = { key: 0, name: 'Produce', min: 3, max: 9, flexibleFrom: 9 };
export const metadataApi: Api = { key: 3, name: 'Metadata', min: 1, max: 9, flexibleFrom: 9 };
export const saslHandshakeApi: Api = { key: 17, name: 'SaslHandshake', min: 1, max: 1, flexibleFrom: never };
export const apiVersionsApi: Api = { key: 18, name: 'ApiVersions', min: 0, max: 3, flexibleFrom: 3 };
export const initProducerIdApi: Api = { key: 22, name: 'InitProducerId', min: 0, max: 4, flexibleFrom: 2 };
export const saslAuthenticateApi: Api = { key: 36, name: 'SaslAuthenticate', min: 0, max: 2, flexibleFrom: 2 };

/** What a broker offers: for each API key the range of versions. */
export type Offered = ReadonlyMap<number, { readonly min: number; readonly max: number }>;

/** The highest version that both sides speak. */
export function commonVersion(api: Api, offered: Offered): number | undefined {
  const range = offered.get(api.key);
  if (range === undefined) return undefined;
  const version = Math.min(api.max, range.max);
  return version >= Math.max(api.min, range.min) ? version : undefined;
}

export const isFlexible = (api: Api, version: number): boolean => version >= api.flexibleFrom;
