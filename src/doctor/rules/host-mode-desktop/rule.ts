import { HOST_NAMESPACE } from '../../../network/model.ts';
import type { DraftFinding, Rule, RuleContext } from '../../rule.ts';

export const hostModeDesktop: Rule = {
  id: 'R12',
  name: 'host-mode-desktop',
  title: 'host network mode is relied upon on Docker Desktop',
  severity: 'warning',
  onByDefault: true,
  *check({ model }: RuleContext): Iterable<DraftFinding> {
    const { platform } = model.environment;
    if (platform.knowledge === 'unknown' || platform.value !== 'desktop') return;
    for (const workload of model.workloads) {
      if (workload.namespaceId !== HOST_NAMESPACE) continue;
      yield {
        subject: workload.name,
        message: `${workload.name} uses the host's network, which on Docker Desktop is the network of a virtual machine unless host networking was switched on (4.34 and later, TCP and UDP only).`,
        evidence: [{ label: 'host network chosen here', origin: workload.networkMode?.origin ?? workload.origin }],
        symptom: 'connection refused from the machine itself',
        fixes: [{ title: 'use a bridge network and publish the ports', applicability: 'manual', changes: [] }],
      };
    }
  },
};
