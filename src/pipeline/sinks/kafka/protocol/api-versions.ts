/** ApiVersions: which versions of which requests a broker speaks (KIP-35, KIP-511). */
import type { Offered } from './apis.ts';
import { apiVersionsApi, isFlexible } from './apis.ts';
import { WireReader } from './reader.ts';
import { WireWriter } from './writer.ts';

export function apiVersionsRequest(version: number, softwareVersion: string): Buffer {
  const flexible = isFlexible(apiVersionsApi, version);
  const writer = new WireWriter(flexible);
  if (flexible) writer.string('fairlead').string(softwareVersion).tags();
  return writer.finish();
}

export interface ApiVersions {
  readonly error: number;
  readonly offered: Offered;
}

/**
 * A broker that does not know the version says so (35). What follows then is in the form of version 0 by the protocol, and not by all of those who speak
 * it; it is not needed, since version 0 is asked for next.
 */
export function readApiVersions(body: Buffer, version: number): ApiVersions | undefined {
  const reader = new WireReader(body, isFlexible(apiVersionsApi, version));
  const error = reader.int16();
  if (error !== 0) return reader.ok ? { error, offered: new Map() } : undefined;
  const ranges = reader.array(() => {
    const entry = [reader.int16(), { min: reader.int16(), max: reader.int16() }] as const;
    reader.tags();
    return entry;
  });
  return reader.ok ? { error, offered: new Map(ranges) } : undefined;
}
