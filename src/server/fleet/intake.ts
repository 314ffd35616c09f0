/** How what agents say reaches the fleet: the side of the fleet that a transport (OpAMP) speaks to. */
import type { Labels } from '../../core/labels.ts';
import type { ComponentHealth, ConfigStatus, Conflict, ConnectionFacts } from './agent.ts';

/** The parts of one message. A part that was left out has not changed. */
export interface AgentReport {
  readonly capabilities?: number;
  readonly description?: { readonly identifying: Labels; readonly attributes: Labels };
  readonly health?: readonly ComponentHealth[];
  readonly effectiveConfig?: Readonly<Record<string, string>>;
  readonly config?: ConfigStatus;
  readonly connectionSettings?: ConfigStatus;
  /** Told to the agent, and applied by it. */
  readonly heartbeatIntervalMs?: number;
}

/** None of these does I/O or waits; what must survive a restart is stored soon after, many agents in one commit. */
export interface FleetIntake {
  /** The agent said something, whatever it was. */
  heard(uid: string): void;
  /** The agent said goodbye: silence is not a failure from here on. */
  stopped(uid: string): void;
  report(uid: string, report: AgentReport): void;
  /** JSON text of a host report that was checked. */
  hostReport(uid: string, json: string): void;
  connected(uid: string, connection: ConnectionFacts): void;
  /** Only if `connection` is still the one that the fleet knows: an older connection that ends late says nothing. */
  disconnected(uid: string, connection: ConnectionFacts): void;
  conflict(uid: string, conflict: Conflict | undefined): void;
  /** Outages of this agent were stored. */
  outages(uid: string): void;
}
