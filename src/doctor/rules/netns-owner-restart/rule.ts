import type { Workload } from '../../../network/model.ts';
import { HOST_NAMESPACE } from '../../../network/model.ts';
import type { DraftFinding, Rule, RuleContext } from '../../rule.ts';

export const netnsOwnerRestart: Rule = {
  id: 'R23',
  name: 'netns-owner-restart',
  title: 'a container that shares the network of another is cut off when that one is recreated',
  severity: 'info',
  onByDefault: true,
  *check({ model, lookup }: RuleContext): Iterable<DraftFinding> {
    for (const workload of model.workloads) {
      const owner = lookup.workload.get(workload.namespaceId);
      if (owner === undefined || owner.id === workload.id || workload.namespaceId === HOST_NAMESPACE) continue;
      const dependency = workload.dependsOn.find(({ workloadId }) => workloadId === owner.id);
      if (workload.declaredBy !== 'compose' || dependency?.restart === true) continue;
      yield finding(workload, owner);
    }
  },
};

function finding(workload: Workload, owner: Workload): DraftFinding {
  return {
    subject: workload.name,
    message: `${workload.name} shares the network of ${owner.name} and is not restarted with it: once ${owner.name} is recreated, ${workload.name} keeps a network that no longer exists.`,
    evidence: [
      { label: 'network shared here', origin: workload.networkMode?.origin ?? workload.origin },
      { label: 'its owner', origin: owner.origin },
    ],
    symptom: `every name fails in ${workload.name}, and its ports refuse connections, until it is recreated`,
    fixes: [
      {
        title: `restart ${workload.name} together with ${owner.name}`,
        applicability: 'safe',
        changes: [{ kind: 'set-dependency', workloadId: workload.id, target: owner.id, restart: true }],
      },
    ],
  };
}
