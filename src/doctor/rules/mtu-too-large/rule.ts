import { formatOrigin } from '../../../core/origin.ts';
import type { Network } from '../../../network/model.ts';
import type { DraftFinding, Rule, RuleContext } from '../../rule.ts';

/** What the encapsulation of an overlay adds: VXLAN over IPv4 (RFC 7348 §5: outer Ethernet, IP, UDP and VXLAN headers). */
const VXLAN_BYTES = 50;
const DEFAULT_MTU = 1500;
const OPTION = 'com.docker.network.driver.mtu';

export const mtuTooLarge: Rule = {
  id: 'R14',
  name: 'mtu-too-large',
  title: "a network's MTU is larger than the path carries",
  severity: 'warning',
  onByDefault: true,
  *check({ model, lookup }: RuleContext): Iterable<DraftFinding> {
    const { hostMtu } = model.environment;
    if (hostMtu.knowledge === 'unknown') return;
    for (const network of model.networks) {
      const carried = network.driver === 'overlay' ? hostMtu.value - VXLAN_BYTES : hostMtu.value;
      const own = network.mtu?.value ?? (network.driver === 'overlay' ? DEFAULT_MTU - VXLAN_BYTES : DEFAULT_MTU);
      const used = (lookup.endpointsOn.get(network.id) ?? []).length > 0;
      if (own <= carried || network.external || network.internal !== undefined || !used || !isOnPath(network)) continue;
      // Jumbo frames on a bridge are a choice that only a known path can contradict.
      if (hostMtu.knowledge === 'assumed' && network.driver !== 'overlay') continue;
      yield {
        subject: network.id,
        message: `${network.id} sends packets of up to ${own} bytes, but the path that leaves the host carries ${carried}.`,
        evidence: [
          { label: network.mtu === undefined ? `MTU ${own} by default` : 'MTU set here', origin: network.mtu?.origin ?? network.origin },
        ],
        reasons: [
          `the host's path carries ${hostMtu.value} bytes (${formatOrigin(hostMtu.origin)})`,
          ...(network.driver === 'overlay' ? [`VXLAN takes ${VXLAN_BYTES} bytes of each packet`] : []),
        ],
        symptom: 'connections open, then hang at the first large packet (TLS handshake, batches)',
        fixes: [
          {
            title: `set the MTU of ${network.id} to ${carried}`,
            applicability: 'safe',
            changes: [{ kind: 'set-network-option', networkId: network.id, name: OPTION, value: String(carried) }],
          },
        ],
      };
    }
  },
};

function isOnPath(network: Network): boolean {
  return network.driver === 'bridge' || network.driver === 'overlay';
}
