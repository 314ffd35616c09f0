/** What one report changes in what we hold of an agent. */
import type { AgentRecord, ConfigStatus } from './agent.ts';
import type { AgentReport } from './intake.ts';
import type { Interner } from './intern.ts';
import type { LiveAgent } from './live-agent.ts';
import { settled } from './record.ts';

export interface Said {
  /** The durable part is another one now. */
  readonly stored: boolean;
  readonly labels: boolean;
  readonly kinds: readonly ('description' | 'health' | 'config')[];
}

export function applyReport(agent: LiveAgent, report: AgentReport, intern: Interner): Said {
  const before = agent.record;
  const after = nextRecord(before, report, intern);
  agent.record = after;
  if (report.health !== undefined) agent.health = report.health;
  if (report.effectiveConfig !== undefined) agent.effectiveConfig = intern.files(report.effectiveConfig);
  const described =
    after.identifying !== before.identifying || after.attributes !== before.attributes || after.capabilities !== before.capabilities;
  const configured = after.config !== before.config || after.connectionSettings !== before.connectionSettings;
  const kinds: ('description' | 'health' | 'config')[] = [];
  if (described) kinds.push('description');
  if (report.health !== undefined) kinds.push('health');
  if (configured || report.effectiveConfig !== undefined) kinds.push('config');
  return { stored: after !== before, labels: after.labels !== before.labels, kinds };
}

/** The same object when nothing durable changed. */
function nextRecord(before: AgentRecord, report: AgentReport, intern: Interner): AgentRecord {
  let next = before;
  const { description, capabilities, health, config, connectionSettings, heartbeatIntervalMs } = report;
  if (description !== undefined) {
    const identifying = intern.labels(description.identifying);
    const attributes = intern.labels(description.attributes);
    if (identifying !== next.identifying || attributes !== next.attributes) next = settled({ ...next, identifying, attributes }, intern);
  }
  if (capabilities !== undefined && capabilities !== next.capabilities) next = { ...next, capabilities };
  const healthy = health?.find(({ path }) => path === '')?.healthy;
  if (healthy !== undefined && healthy !== next.healthy) next = { ...next, healthy };
  if (config !== undefined && !sameStatus(config, next.config)) next = { ...next, config };
  if (connectionSettings !== undefined && !sameStatus(connectionSettings, next.connectionSettings)) next = { ...next, connectionSettings };
  if (heartbeatIntervalMs !== undefined && heartbeatIntervalMs !== next.heartbeatIntervalMs) next = { ...next, heartbeatIntervalMs };
  return next;
}

const sameStatus = (a: ConfigStatus, b: ConfigStatus | undefined): boolean =>
  b !== undefined && a.hash === b.hash && a.status === b.status && a.error === b.error;
