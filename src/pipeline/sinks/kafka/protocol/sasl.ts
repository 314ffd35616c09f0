/** SaslHandshake and SaslAuthenticate (KIP-43, KIP-152; the lifetime of a session: KIP-368). */
import { isFlexible, saslAuthenticateApi } from './apis.ts';
import { WireReader } from './reader.ts';
import { WireWriter } from './writer.ts';

export const saslHandshakeRequest = (mechanism: string): Buffer => new WireWriter().string(mechanism).finish();

export function readSaslHandshake(body: Buffer): { readonly error: number; readonly mechanisms: readonly string[] } | undefined {
  const reader = new WireReader(body);
  const response = { error: reader.int16(), mechanisms: reader.array(() => reader.string() ?? '') };
  return reader.ok ? response : undefined;
}

export const saslAuthenticateRequest = (version: number, message: Uint8Array): Buffer =>
  new WireWriter(isFlexible(saslAuthenticateApi, version)).bytes(message).tags().finish();

export interface SaslAuthenticateResponse {
  readonly error: number;
  readonly reason: string | undefined;
  readonly message: Buffer;
  /** After which the broker ends the connection; 0: never. */
  readonly lifetimeMs: number;
}

export function readSaslAuthenticate(body: Buffer, version: number): SaslAuthenticateResponse | undefined {
  const reader = new WireReader(body, isFlexible(saslAuthenticateApi, version));
  reader.tags();
  const response = {
    error: reader.int16(),
    reason: reader.string(),
    message: reader.bytes() ?? Buffer.alloc(0),
    lifetimeMs: version >= 1 ? Number(reader.int64()) : 0,
  };
  return reader.ok ? response : undefined;
}
