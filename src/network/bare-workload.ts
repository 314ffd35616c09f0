import type { Workload } from './model.ts';

/** What every workload needs, and beside it nothing: no mounts, no environment, no ports. */
export function bareWorkload(own: Pick<Workload, 'id' | 'name' | 'declaredBy' | 'origin' | 'namespaceId'> & Partial<Workload>): Workload {
  return {
    environment: [],
    mounts: [],
    labels: [],
    extraHosts: [],
    dns: { servers: [], search: [], options: [] },
    legacyLinks: [],
    exposed: [],
    dependsOn: [],
    resources: {},
    replicas: 1,
    capAdd: [],
    privileged: false,
    state: 'running',
    ...own,
  };
}
