/** What the service checks count. The label `service` is the id, bounded by the settings. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { ServiceStatus } from '../../protocol/services.ts';

export const servicesMetrics = (registry: Registry) => {
  const registers = [registry];
  const passing = new Gauge({
    name: 'fairlead_agent_service_passing',
    help: 'Whether the service passes its check (1), passes with a warning (0.5) or does not (0).',
    labelNames: ['service'],
    registers,
  });
  const checks = new Counter({
    name: 'fairlead_agent_service_checks_total',
    help: 'Checks of services, by what they saw.',
    labelNames: ['status'],
    registers,
  });
  const reports = new Counter({
    name: 'fairlead_agent_service_reports_total',
    help: 'Reports of services that the server took.',
    labelNames: ['kind'],
    registers,
  });
  const value = { passing: 1, warning: 0.5, critical: 0 } as const;
  return {
    is: (service: string, status: ServiceStatus): void => passing.set({ service }, value[status]),
    checked: (status: ServiceStatus): void => checks.inc({ status }),
    sent: (full: boolean): void => reports.inc({ kind: full ? 'full' : 'difference' }),
    forget: (service: string): void => passing.remove({ service }),
  };
};

export type ServicesMetrics = ReturnType<typeof servicesMetrics>;
