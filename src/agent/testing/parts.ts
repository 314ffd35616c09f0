/** The parts of an agent with a connection of the test's. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { readSettings } from '../../config/read.ts';
import { systemClock } from '../../core/clock.ts';
import { SourceText } from '../../core/text.ts';
import { type Log, silentLog } from '../../observe/log.ts';
import type { Part } from '../part.ts';
import { startParts } from '../parts.ts';
import { createPlanes } from '../planes/planes.ts';
import { agentSettings, remoteAgentSettings } from '../settings/index.ts';
import { testConnection } from './connection.ts';

export interface TestPartsOptions {
  /** Sections beside `server` and `health`. */
  readonly text?: string;
  readonly dataDir?: string;
  readonly log?: Log;
  readonly others?: readonly Part[];
}

export async function testParts({
  text = '',
  dataDir = mkdtempSync(join(tmpdir(), 'fairlead-parts-')),
  log = silentLog,
  others = [],
}: TestPartsOptions = {}) {
  const source = new SourceText(
    'agent.yaml',
    `server: {endpoints: ["wss://127.0.0.1:8443/v1/opamp"]}\nhealth: {listen: "127.0.0.1:0"}\n${text}`,
  );
  const read = readSettings(agentSettings, source);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const settings = read.value;
  const registry = new Registry();
  const parts = await startParts({
    ...{ settings, source, schema: agentSettings, remoteSchema: remoteAgentSettings, planes: createPlanes(settings.planes), dataDir },
    ...{ version: '0.0.0', clock: systemClock, log, registry, random: Math.random, environment: {}, others },
    further: async () => ({ parts: [], links: () => [], async [Symbol.asyncDispose]() {} }),
  });
  const connection = testConnection();
  parts.attach(connection);
  parts.ready();
  return {
    ...{ parts, connection, registry, dataDir },
    offer(hash: number, body: string) {
      const files = [{ name: 'fleet.yaml', contentType: 'text/yaml', body: new TextEncoder().encode(body) }];
      parts.inbound.remoteConfig({ hash: Uint8Array.of(hash), files });
    },
    async ask(path: string) {
      const response = await fetch(`http://127.0.0.1:${parts.healthAddress?.port}${path}`);
      return { status: response.status, text: await response.text() };
    },
    [Symbol.asyncDispose]: () => parts[Symbol.asyncDispose](),
  };
}
