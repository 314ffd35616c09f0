/** A message of the server's as what it asks of the agent. Pure. */
import type { ConnectionSettingsOffers, ServerToAgent } from '../../protocol/opamp.ts';
import { CommandType, ServerErrorResponseType, ServerToAgentFlags } from '../../protocol/opamp.ts';
import type { RemoteConfig } from './connection.ts';

export type Demand =
  | { readonly kind: 'unavailable'; readonly sentence: string; readonly retryAfterMs: number | undefined }
  | { readonly kind: 'error'; readonly bad: boolean; readonly sentence: string }
  | { readonly kind: 'restart' }
  | { readonly kind: 'new-uid'; readonly uid: Uint8Array }
  | { readonly kind: 'full-state' }
  | { readonly kind: 'remote-config'; readonly config: RemoteConfig }
  | { readonly kind: 'offer'; readonly offers: ConnectionSettingsOffers };

export interface Read {
  readonly demands: readonly Demand[];
  /** Bits; undefined where the message does not say: they stay what they were. */
  readonly capabilities: bigint | undefined;
  readonly customCapabilities: readonly string[] | undefined;
  /** True when the server may have said it of its own accord, so that it need not be an answer. */
  readonly unprompted: boolean;
}

/** Errors and commands exclude everything else in their message (opamp-spec, "ServerToAgent Message"). */
export function readMessage(message: ServerToAgent): Read {
  const { errorResponse, command } = message;
  const common = {
    capabilities: message.capabilities === 0n ? undefined : message.capabilities,
    customCapabilities: message.customCapabilities?.capabilities,
    unprompted: unprompted(message),
  };
  if (errorResponse !== undefined) return { ...common, demands: [errorOf(errorResponse)] };
  if (command !== undefined) return { ...common, demands: command.type === CommandType.RESTART ? [{ kind: 'restart' }] : [] };
  return { ...common, demands: demandsOf(message) };
}

function unprompted(message: ServerToAgent): boolean {
  return (
    message.remoteConfig !== undefined ||
    message.connectionSettings !== undefined ||
    message.packagesAvailable !== undefined ||
    message.command !== undefined ||
    message.agentIdentification !== undefined ||
    message.customMessage !== undefined
  );
}

function demandsOf(message: ServerToAgent): readonly Demand[] {
  const demands: Demand[] = [];
  // First: what follows is then reported under the new name.
  const uid = message.agentIdentification?.newInstanceUid;
  if (uid !== undefined && uid.length === 16) demands.push({ kind: 'new-uid', uid: copy(uid) });
  if ((message.flags & BigInt(ServerToAgentFlags.REPORT_FULL_STATE)) !== 0n) demands.push({ kind: 'full-state' });
  const config = message.remoteConfig;
  if (config !== undefined) {
    const files = Object.entries(config.config?.configMap ?? {}).map(([name, { body, contentType }]) => ({
      name,
      contentType,
      body: copy(body),
    }));
    demands.push({ kind: 'remote-config', config: { hash: copy(config.configHash), files } });
  }
  if (message.connectionSettings !== undefined) demands.push({ kind: 'offer', offers: message.connectionSettings });
  return demands;
}

/** What came is a view of the whole message, and `slice` of a Buffer is one too: what is kept must not keep the message. */
export function copy(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** A day at most, as for Retry-After: a wrong unit must not silence an agent for good. */
const longestPauseMs = 86_400_000;

function errorOf(response: NonNullable<ServerToAgent['errorResponse']>): Demand {
  const sentence = response.errorMessage === '' ? 'the server gives no reason' : response.errorMessage;
  if (response.type !== ServerErrorResponseType.UNAVAILABLE)
    return { kind: 'error', bad: response.type === ServerErrorResponseType.BAD_REQUEST, sentence };
  const asked = response.details.case === 'retryInfo' ? Number(response.details.value.retryAfterNanoseconds / 1_000_000n) : undefined;
  return { kind: 'unavailable', sentence, retryAfterMs: asked === undefined ? undefined : Math.min(asked, longestPauseMs) };
}
