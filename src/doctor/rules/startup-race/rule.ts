import type { Workload } from '../../../network/model.ts';
import type { DraftFinding, Rule, RuleContext } from '../../rule.ts';

export const startupRace: Rule = {
  id: 'R27',
  name: 'startup-race',
  title: 'a container may dial another one before that is ready',
  severity: 'info',
  onByDefault: false,
  *check({ links, lookup }: RuleContext): Iterable<DraftFinding> {
    const seen = new Set<string>();
    for (const { link, verdict } of links) {
      const from = lookup.workload.get(link.workloadId);
      const to = lookup.workload.get(verdict?.answeredBy ?? '');
      if (from === undefined || to === undefined || from.id === to.id || from.declaredBy !== 'compose' || from.project !== to.project)
        continue;
      if (waits(from, to) || seen.has(`${from.id} ${to.id}`)) continue;
      seen.add(`${from.id} ${to.id}`);
      yield {
        subject: from.name,
        message: `${from.name} dials ${to.name} and does not wait until it is healthy.`,
        evidence: [
          { label: 'dialled here', origin: link.origin },
          { label: 'dialled service', origin: to.origin },
        ],
        symptom: 'connection refused during the first seconds',
        fixes: fixes(from, to),
      };
    }
  },
};

function waits(from: Workload, to: Workload): boolean {
  return from.dependsOn.some(({ workloadId, condition }) => workloadId === to.id && condition !== 'service_started');
}

function fixes(from: Workload, to: Workload): NonNullable<DraftFinding['fixes']> {
  if (to.healthcheck === undefined || to.healthcheck.disabled)
    return [{ title: `give ${to.name} a healthcheck, then wait for it with depends_on`, applicability: 'manual', changes: [] }];
  return [
    {
      title: `wait until ${to.name} is healthy`,
      applicability: 'suggestion',
      changes: [{ kind: 'set-dependency', workloadId: from.id, target: to.id, condition: 'service_healthy' }],
    },
  ];
}
