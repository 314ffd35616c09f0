import { isLoopback, parseAddress } from '../../../core/address.ts';
import { HOST_NAMESPACE } from '../../../network/model.ts';
import type { DraftFinding, Rule, RuleContext } from '../../rule.ts';

export const dnsUpstream: Rule = {
  id: 'R28',
  name: 'dns-upstream',
  title: 'the DNS server of a container cannot be reached from it',
  severity: 'error',
  onByDefault: true,
  *check(context: RuleContext): Iterable<DraftFinding> {
    for (const workload of context.model.workloads) {
      if (workload.namespaceId === HOST_NAMESPACE) continue;
      for (const server of workload.dns.servers) {
        const address = parseAddress(server.value);
        if (address === undefined || server.value === '127.0.0.11') continue;
        const verdict = context.ask({
          from: { kind: 'workload', workloadId: workload.id },
          host: server.value,
          port: 53,
          transport: 'udp',
        });
        const ownStub = isLoopback(address) && verdict.kind !== 'reachable';
        if (verdict.kind !== 'unreachable' && !ownStub) continue;
        yield {
          subject: workload.name,
          message: ownStub
            ? `${workload.name} asks ${server.value} for names, which inside a container is the container itself and not the resolver of the host.`
            : `${workload.name} asks ${server.value} for names, but cannot reach it: ${verdict.blocking[0]?.text ?? verdict.symptom}.`,
          evidence: [{ label: 'DNS server chosen here', origin: server.origin }],
          reasons: verdict.steps.map((step) => step.text),
          symptom: 'names of the outside do not resolve (EAI_AGAIN, SERVFAIL)',
          verdict,
          fixes: [
            {
              title: `name a DNS server that ${workload.name} can reach, or leave the setting out: the engine then uses the host's`,
              applicability: 'manual',
              changes: [],
            },
          ],
        };
      }
    }
  },
};
