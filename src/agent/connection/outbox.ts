/**
 * What the agent tells of itself, and what of it the server does not know yet (opamp-spec, "Agent Status Compression"). A part
 * that was sent is not sent again until it changes; a message that was lost shows in its sequence number, and then the server
 * asks for everything.
 */
import type { MessageInitShape } from '@bufbuild/protobuf';
import { create, toBinary } from '@bufbuild/protobuf';
import { toAttributes } from '../../protocol/attributes.ts';
import { type ServerCapability, serverHas } from '../../protocol/capabilities.ts';
import { toComponentHealth } from '../../protocol/health.ts';
import type { AgentToServer } from '../../protocol/opamp.ts';
import {
  AgentDescriptionSchema,
  AgentToServerSchema,
  ComponentHealthSchema,
  ConnectionSettingsStatusSchema,
  CustomCapabilitiesSchema,
  EffectiveConfigSchema,
  RemoteConfigStatusSchema,
} from '../../protocol/opamp.ts';
import type { ApplyStatus } from '../../protocol/status.ts';
import { toConnectionSettingsStatus, toRemoteConfigStatus } from '../../protocol/status.ts';
import type { ConfigFile, HealthNode, RemoteConfigReport } from './connection.ts';

type Message = MessageInitShape<typeof AgentToServerSchema>;
export type Extras = Pick<Message, 'customMessage' | 'connectionSettingsRequest' | 'agentDisconnect'>;

const partNames = ['agentDescription', 'health', 'effectiveConfig', 'remoteConfigStatus', 'connectionSettingsStatus'] as const;
type PartName = (typeof partNames)[number];

interface Part {
  readonly value: NonNullable<AgentToServer[PartName]>;
  readonly bytes: Uint8Array;
  sent: boolean;
}

/** What a server must take for a part to be sent to it. */
const needs: Partial<Record<PartName, ServerCapability>> = {
  effectiveConfig: 'acceptsEffectiveConfig',
  connectionSettingsStatus: 'offersConnectionSettings',
};

export interface Outbox {
  description(identifying: Readonly<Record<string, string>>, attributes: Readonly<Record<string, string>>): void;
  health(root: HealthNode): void;
  effectiveConfig(files: readonly ConfigFile[]): void;
  remoteConfig(report: RemoteConfigReport): void;
  connectionSettings(hash: Uint8Array, status: ApplyStatus, error: string): void;
  /** Takes what is too large out, until it is set again; false when it was not there. */
  drop(part: PartName): boolean;
  /** The next message carries everything: another server, or the server asked. */
  sendAll(): void;
  /** The next message is the first of a connection: it says what custom messages we speak. */
  begin(): void;
  /** What the server takes; undefined until it said so. */
  serverTakes(capabilities: bigint | undefined): void;
  /** Whether there is something that the server does not know. */
  hasNews(): boolean;
  /** Counts as sent from now on. */
  compose(uid: Uint8Array, extras: Extras): AgentToServer;
}

export function createOutbox(options: {
  readonly capabilities: number;
  readonly customCapabilities: readonly string[];
  readonly startedAtMs: number;
}): Outbox {
  const parts = new Map<PartName, Part>();
  let sequence = 1n;
  let takes: bigint | undefined;
  let announce = true;
  const set = (name: PartName, value: Part['value'], bytes: Uint8Array) => {
    const before = parts.get(name);
    if (before !== undefined && Buffer.compare(before.bytes, bytes) === 0) return;
    parts.set(name, { value, bytes, sent: false });
  };
  const wanted = (name: PartName): boolean => {
    const need = needs[name];
    return takes === undefined || need === undefined || serverHas(takes, need);
  };
  const news = () => partNames.filter((name) => parts.get(name)?.sent === false && wanted(name));
  return {
    description(identifying, attributes) {
      const value = create(AgentDescriptionSchema, {
        identifyingAttributes: toAttributes(identifying),
        nonIdentifyingAttributes: toAttributes(attributes),
      });
      set('agentDescription', value, toBinary(AgentDescriptionSchema, value));
    },
    health(root) {
      const value = toComponentHealth(sorted(root), options.startedAtMs);
      set('health', value, toBinary(ComponentHealthSchema, value));
    },
    effectiveConfig(files) {
      const value = create(EffectiveConfigSchema, {
        configMap: { configMap: Object.fromEntries(byName(files).map(({ name, body, contentType }) => [name, { body, contentType }])) },
      });
      set('effectiveConfig', value, toBinary(EffectiveConfigSchema, value));
    },
    remoteConfig({ hash, status, error }) {
      const value = create(RemoteConfigStatusSchema, {
        lastRemoteConfigHash: hash,
        status: toRemoteConfigStatus(status),
        errorMessage: error,
      });
      set('remoteConfigStatus', value, toBinary(RemoteConfigStatusSchema, value));
    },
    connectionSettings(hash, status, error) {
      const value = create(ConnectionSettingsStatusSchema, {
        lastConnectionSettingsHash: hash,
        status: toConnectionSettingsStatus(status),
        errorMessage: error,
      });
      set('connectionSettingsStatus', value, toBinary(ConnectionSettingsStatusSchema, value));
    },
    drop: (name) => parts.delete(name),
    sendAll() {
      for (const part of parts.values()) part.sent = false;
      announce = true;
    },
    begin() {
      announce = true;
      takes = undefined;
    },
    serverTakes(capabilities) {
      takes = capabilities;
    },
    hasNews: () => news().length > 0,
    compose(uid, extras) {
      const message = create(AgentToServerSchema, {
        instanceUid: uid,
        sequenceNum: sequence,
        capabilities: BigInt(options.capabilities),
        ...extras,
      });
      sequence += 1n;
      if (announce && options.customCapabilities.length > 0)
        message.customCapabilities = create(CustomCapabilitiesSchema, { capabilities: [...options.customCapabilities] });
      announce = false;
      for (const name of news()) put(message, name, parts);
      return message;
    },
  };
}

function put(message: AgentToServer, name: PartName, parts: ReadonlyMap<PartName, Part>): void {
  const part = parts.get(name);
  if (part === undefined) return;
  part.sent = true;
  Object.assign(message, { [name]: part.value });
}

/** Equal trees give equal bytes, in whatever order their components were added. */
function sorted(node: HealthNode): HealthNode {
  const names = Object.keys(node.components).sort();
  const components = Object.fromEntries(
    names.flatMap((name) => {
      const child = node.components[name];
      return child === undefined ? [] : [[name, sorted(child)]];
    }),
  );
  return { ...node, components };
}

function byName(files: readonly ConfigFile[]): readonly ConfigFile[] {
  return [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
}
