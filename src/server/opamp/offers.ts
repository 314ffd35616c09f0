/** What the server offers: a configuration, encoded once for all who get it, and connection settings. */
import { createHash } from 'node:crypto';
import { encodeShared } from '../../protocol/pre-encoded.ts';
import type { ConfigVersion } from '../configurations/configurations.ts';

export const configBytes = (() => {
  const encoded = new WeakMap<ConfigVersion, Uint8Array>();
  /** The field remote_config of a ServerToAgent. The same bytes for the same version. */
  return (config: ConfigVersion): Uint8Array => {
    const known = encoded.get(config);
    if (known !== undefined) return known;
    const files = config.files.map(({ name, contentType, body }) => [name, { body: Buffer.from(body), contentType }] as const);
    const bytes = encodeShared({
      remoteConfig: { config: { configMap: Object.fromEntries(files) }, configHash: Buffer.from(config.hash, 'hex') },
    });
    encoded.set(config, bytes);
    return bytes;
  };
})();

export interface OpampOffer {
  readonly endpoint: string;
  readonly heartbeatIntervalMs: number;
  /** PEM of the certificate to present from now on, and of the authorities to trust. Never a key: it is the agent's own. */
  readonly certificate: { readonly certPem: string; readonly bundlePem: string } | undefined;
}

/**
 * An offer is always complete: settings that are left out are not kept but switched off (opamp-spec, "OpAMPConnectionSettings":
 * without an interval there are no heartbeats, without a certificate none is presented).
 */
export function settingsBytes(offer: OpampOffer): { readonly bytes: Uint8Array; readonly hash: string } {
  const { endpoint, certificate } = offer;
  const heartbeatSeconds = Math.max(1, Math.round(offer.heartbeatIntervalMs / 1_000));
  const hash = createHash('sha256')
    .update(JSON.stringify([endpoint, heartbeatSeconds, certificate?.certPem ?? '', certificate?.bundlePem ?? '']))
    .digest();
  const bytes = encodeShared({
    connectionSettings: {
      hash,
      opamp: {
        destinationEndpoint: endpoint,
        heartbeatIntervalSeconds: BigInt(heartbeatSeconds),
        ...(certificate === undefined
          ? {}
          : { certificate: { cert: Buffer.from(certificate.certPem), caCert: Buffer.from(certificate.bundlePem) } }),
      },
    },
  });
  return { bytes, hash: hash.toString('hex') };
}

export function pemOf(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
