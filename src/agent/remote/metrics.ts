/** What remote configuration counts. */
import { Counter, type Registry } from 'prom-client';

export const remoteMetrics = (registry: Registry) => {
  const registers = [registry];
  const configurations = new Counter({
    name: 'fairlead_agent_remote_configurations_total',
    help: 'Configurations of the server that were taken in hand, by how that ended.',
    labelNames: ['status'],
    registers,
  });
  const rollBacks = new Counter({
    name: 'fairlead_agent_remote_roll_backs_total',
    help: 'Times that the last good configuration was put back.',
    registers,
  });
  for (const status of ['applied', 'failed']) configurations.inc({ status }, 0);
  return {
    concluded: (status: 'applied' | 'failed'): void => configurations.inc({ status }),
    rolledBack: (): void => rollBacks.inc(),
  };
};

export type RemoteMetrics = ReturnType<typeof remoteMetrics>;
