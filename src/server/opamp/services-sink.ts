/** Where the services go that agents report: discovery's registry has this shape. */
import type { ServiceReport } from '../../protocol/services.ts';
import type { LivenessState } from '../fleet/agent.ts';

export interface AgentNode {
  readonly uid: string;
  readonly name: string;
  /** The address that the agent's connection comes from. */
  readonly address: string;
}

export interface ServicesSink {
  /** All services of this agent from now on; none: it has none. No I/O that the caller would wait for. */
  setAgentServices(uid: string, node: AgentNode, services: readonly ServiceReport[]): void;
  /** How alive the agent is that answers for its services. */
  setAgentLiveness(uid: string, state: LivenessState): void;
}
