import type { Workload } from '../../../network/model.ts';
import type { DraftFinding, Rule, RuleContext } from '../../rule.ts';

export const noLimitsOrProbe: Rule = {
  id: 'R33',
  name: 'no-limits-or-probe',
  title: 'an agent has no memory limit or no health check',
  severity: 'info',
  onByDefault: false,
  *check({ model, lookup }: RuleContext): Iterable<DraftFinding> {
    for (const workload of model.workloads) {
      const isAgent = (lookup.linksOf.get(workload.id) ?? []).length > 0;
      const lacks = isAgent ? missing(workload) : [];
      if (lacks.length === 0) continue;
      yield {
        subject: workload.name,
        message: `${workload.name} has no ${lacks.join(' and no ')}.`,
        evidence: [{ label: 'declared here', origin: workload.origin }],
        symptom: 'a leak takes the whole host down, or a hung agent stays unnoticed',
      };
    }
  },
};

function missing(workload: Workload): readonly string[] {
  return [
    ...(workload.resources.memoryBytes === undefined ? ['memory limit'] : []),
    ...(workload.healthcheck === undefined || workload.healthcheck.disabled ? ['health check'] : []),
  ];
}
