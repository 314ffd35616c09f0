/** A broker's address → a connection that can be used: name, TCP, TLS, versions, login. */
import type { Clock } from '../../../../core/clock.ts';
import type { DataPlane } from '../../../data-plane.ts';
import type { Offered } from '../protocol/apis.ts';
import { Connection } from './connection.ts';
import { dial } from './dial.ts';
import type { Credentials } from './login.ts';
import { agreeOnVersions, logIn } from './login.ts';
import type { TlsFiles } from './tls.ts';
import { secure } from './tls.ts';

export interface OpenOptions {
  readonly plane: DataPlane;
  readonly clock: Clock;
  readonly clientId: string;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly tls?: TlsFiles | undefined;
  readonly sasl?: Credentials | undefined;
}

export type Opened =
  | { readonly ok: true; readonly connection: Connection; readonly offered: Offered; readonly lifetimeMs: number }
  | { readonly ok: false; readonly sentence: string };

/** `onEnd` is told when a connection that was opened has ended. */
export async function open(
  options: OpenOptions,
  host: string,
  port: number,
  signal: AbortSignal,
  onEnd: (sentence: string) => void,
): Promise<Opened> {
  const { connectTimeoutMs, requestTimeoutMs } = options;
  const dialed = await dial({ host, port, plane: options.plane, timeoutMs: connectTimeoutMs, signal });
  if (!dialed.ok) return dialed;
  const secured = options.tls === undefined ? dialed : await secure(dialed.socket, options.tls, host, connectTimeoutMs);
  if (!secured.ok) {
    dialed.socket.destroy();
    return secured;
  }
  let usable = false;
  const connection = new Connection(secured.socket, {
    clock: options.clock,
    clientId: options.clientId,
    onEnd: (sentence) => {
      signal.removeEventListener('abort', aborted);
      if (usable) onEnd(sentence);
    },
  });
  const aborted = () => connection.end('given up');
  signal.addEventListener('abort', aborted);
  const versions = signal.aborted ? { ok: false as const, sentence: 'given up' } : await agreeOnVersions(connection, requestTimeoutMs);
  const login =
    !versions.ok || options.sasl === undefined ? undefined : await logIn(connection, versions.offered, options.sasl, requestTimeoutMs);
  if (!versions.ok || login?.ok === false) {
    const { sentence } = versions.ok ? (login as { sentence: string }) : versions; // the login failed: asked above
    connection.end(sentence);
    return { ok: false, sentence };
  }
  if (connection.ended !== undefined) return { ok: false, sentence: connection.ended };
  usable = true;
  return { ok: true, connection, offered: versions.offered, lifetimeMs: login?.lifetimeMs ?? 0 };
}
