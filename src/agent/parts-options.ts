/** What the parts of an agent need, and what they give. */
import type { Registry } from 'prom-client';
import type * as z from 'zod';
import type { Clock } from '../core/clock.ts';
import type { SourceText } from '../core/text.ts';
import type { Log } from '../observe/log.ts';
import type { HostLink } from '../protocol/host-report.ts';
import type { Connection, Inbound } from './connection/connection.ts';
import type { HealthSink, Part } from './part.ts';
import type { Planes } from './planes/planes.ts';
import type { HealthSettings } from './settings/health.ts';
import type { HostSettings } from './settings/host.ts';
import type { JournalSettings } from './settings/journal.ts';
import type { LinksSettings } from './settings/links.ts';
import type { LogSettings } from './settings/log.ts';
import type { RemoteSettings } from './settings/remote.ts';
import type { ServicesSettings } from './settings/services.ts';

/** The sections of the agent's settings that are read here; others may be there too. */
export interface PartsSettings {
  readonly health: HealthSettings;
  readonly host: HostSettings;
  readonly journal: JournalSettings;
  readonly links: LinksSettings;
  readonly log: LogSettings;
  readonly remote: RemoteSettings;
  readonly services: ServicesSettings;
}

export interface PartsOptions {
  readonly settings: PartsSettings;
  /** The local file as it was read: the effective configuration shows what people wrote. */
  readonly source: SourceText;
  /** The whole settings definition; defaults of the effective configuration come from it. */
  readonly schema: z.ZodType;
  /** The sections that a configuration from the server may hold, each optional: `agentSettings.pick({ links: true, … }).partial()`. */
  readonly remoteSchema: z.ZodType;
  readonly planes: Planes;
  /** The agent's data folder; parts use `journal/` and `remote/` in it. */
  readonly dataDir: string;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly random: () => number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Parts of others that a remote configuration may change: `heartbeat`, `log`, `labels`. They run with their local section already. */
  readonly others: readonly Part[];
  /** Parts that start with the sections that are to run now, the last good ones of the server included. */
  further(running: Readonly<Record<string, unknown>>, health: HealthSink): Promise<Further>;
}

export interface Further extends AsyncDisposable {
  readonly parts: readonly Part[];
  /** Where they speak to, for the map. */
  links(): readonly HostLink[];
}

export interface Parts extends AsyncDisposable {
  /** For the connection: where configurations of the server go. */
  readonly inbound: Inbound;
  /** For identity, join and connection: they have components in the health tree too (`connection`, `identity`). */
  readonly health: HealthSink;
  /** The address that health is served on; undefined when it is off. */
  readonly healthAddress: { readonly host: string; readonly port: number } | undefined;
  attach(connection: Connection): void;
  /** The agent's own file was read again; resolves with why it is not used. */
  reload(settings: PartsSettings, source: SourceText): Promise<string | undefined>;
  /** Everything has started. */
  ready(): void;
  /** One line for `systemctl status`. */
  status(sentence: string): void;
}
