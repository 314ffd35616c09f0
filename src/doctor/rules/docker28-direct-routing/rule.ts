import { contains, parseAddress, parseCidr } from '../../../core/address.ts';
import type { Question } from '../../../network/answer.ts';
import type { Link, Network } from '../../../network/model.ts';
import type { DraftFinding, Rule, RuleContext } from '../../rule.ts';

export const docker28DirectRouting: Rule = {
  id: 'R17',
  name: 'docker28-direct-routing',
  title: 'another machine is told to dial a container by its own address',
  severity: 'warning',
  onByDefault: true,
  *check(context: RuleContext): Iterable<DraftFinding> {
    for (const { link } of context.links) {
      const network = bridgeOf(context, link);
      if (
        (link.evaluator !== 'outside' && link.evaluator !== 'browser') ||
        network === undefined ||
        link.host === undefined ||
        link.port === undefined
      )
        continue;
      const question: Question = { from: { kind: 'remote', routed: true }, host: link.host, port: link.port, transport: link.transport };
      const verdict = context.ask(question);
      const refused = verdict.worlds.some((world) => world.steps.some((step) => step.reason === 'direct-routing-blocked'));
      if (!refused) continue;
      yield {
        subject: link.setting,
        message: `${link.raw} is an address on the bridge ${network.id}, and engines since 28 drop what other machines send to a container's own address, even where a route leads to it.`,
        evidence: [{ label: 'address given to the outside here', origin: link.hostOrigin ?? link.origin }],
        reasons: verdict.steps.map((step) => step.text),
        symptom: 'timeout',
        verdict,
        fixes: [
          {
            title: 'publish the port and give out the address of the host, or set the gateway mode of the network to routed',
            applicability: 'manual',
            changes: [],
          },
        ],
      };
    }
  },
};

function bridgeOf({ model }: RuleContext, link: Link): Network | undefined {
  const address = parseAddress(link.host ?? '');
  if (address === undefined) return undefined;
  return model.networks.find(
    (network) =>
      network.driver === 'bridge' &&
      network.subnets.some((subnet) => {
        const cidr = parseCidr(subnet.cidr);
        return cidr !== undefined && contains(cidr, address);
      }),
  );
}
