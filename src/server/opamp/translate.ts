/** A message of an agent in the words of the fleet. */
import { flattenAttributes } from '../../protocol/attributes.ts';
import { readAgentCapabilities } from '../../protocol/capabilities.ts';
import { flattenHealth } from '../../protocol/health.ts';
import type { AgentToServer, EffectiveConfig } from '../../protocol/opamp.ts';
import { fromConnectionSettingsStatus, fromRemoteConfigStatus } from '../../protocol/status.ts';
import type { ConfigStatus } from '../fleet/agent.ts';
import type { AgentReport } from '../fleet/intake.ts';

const noConfig: ConfigStatus = { hash: '', status: 'unset', error: '' };
/** Of an error that an agent reports; people read it, and it is stored. */
const maxErrorLength = 4_096;
/** Of one agent's effective configuration. It is held in memory for each of them; a longer one is cut. */
const maxEffectiveLength = 256 * 1024;

/** `full`: a part that is not there is one that the agent does not have. */
export function reportOf(message: AgentToServer, full: boolean, reportsConfig: boolean): AgentReport {
  const { agentDescription, capabilities, health, effectiveConfig, remoteConfigStatus, connectionSettingsStatus } = message;
  const config = remoteConfigStatus
    ? status(remoteConfigStatus.lastRemoteConfigHash, fromRemoteConfigStatus(remoteConfigStatus.status), remoteConfigStatus.errorMessage)
    : full && reportsConfig
      ? noConfig
      : undefined;
  return {
    // Zero is no set of capabilities (ReportsStatus is mandatory): an agent that leaves the field out has not changed its mind.
    ...(capabilities === 0n ? {} : { capabilities: readAgentCapabilities(capabilities).bits }),
    ...(agentDescription === undefined
      ? {}
      : {
          description: {
            identifying: flattenAttributes(agentDescription.identifyingAttributes).values,
            attributes: flattenAttributes(agentDescription.nonIdentifyingAttributes).values,
          },
        }),
    ...(health === undefined ? {} : { health: flattenHealth(health).components }),
    ...(effectiveConfig === undefined ? {} : { effectiveConfig: textsOf(effectiveConfig) }),
    ...(config === undefined ? {} : { config }),
    ...(connectionSettingsStatus === undefined
      ? {}
      : {
          connectionSettings: status(
            connectionSettingsStatus.lastConnectionSettingsHash,
            fromConnectionSettingsStatus(connectionSettingsStatus.status),
            connectionSettingsStatus.errorMessage,
          ),
        }),
  };
}

function status(hash: Uint8Array, word: ConfigStatus['status'], error: string): ConfigStatus {
  return { hash: Buffer.from(hash).toString('hex'), status: word, error: error.slice(0, maxErrorLength) };
}

function textsOf({ configMap }: EffectiveConfig): Readonly<Record<string, string>> {
  let left = maxEffectiveLength;
  const texts: [string, string][] = [];
  for (const [name, { body }] of Object.entries(configMap?.configMap ?? {})) {
    const text = new TextDecoder().decode(body.subarray(0, left));
    texts.push([name, body.length > left ? `${text}\n… ${body.length - left} bytes more` : text]);
    left = Math.max(0, left - body.length);
  }
  return Object.fromEntries(texts);
}
