/** All rules, sorted by id. */
import type { Rule } from '../rule.ts';
import { aliasCollision } from './alias-collision/rule.ts';
import { dnsUpstream } from './dns-upstream/rule.ts';
import { docker28DirectRouting } from './docker28-direct-routing/rule.ts';
import { healthcheckWrongPort } from './healthcheck-wrong-port/rule.ts';
import { hostFirewall } from './host-firewall/rule.ts';
import { hostGatewayMissing } from './host-gateway-missing/rule.ts';
import { hostModeDesktop } from './host-mode-desktop/rule.ts';
import { hostModePorts } from './host-mode-ports/rule.ts';
import { hostPortBetweenContainers } from './host-port-between-containers/rule.ts';
import { hostPortConflict } from './host-port-conflict/rule.ts';
import { internalCuts } from './internal-cuts/rule.ts';
import { listenerOnLoopback } from './listener-on-loopback/rule.ts';
import { localhostInContainer } from './localhost-in-container/rule.ts';
import { logDriverResolvesOnHost } from './log-driver-resolves-on-host/rule.ts';
import { macvlanHost } from './macvlan-host/rule.ts';
import { mtuTooLarge } from './mtu-too-large/rule.ts';
import { multihomedWrongIp } from './multihomed-wrong-ip/rule.ts';
import { netnsOwnerRestart } from './netns-owner-restart/rule.ts';
import { noDnsDefaultBridge } from './no-dns-default-bridge/rule.ts';
import { noLimitsOrProbe } from './no-limits-or-probe/rule.ts';
import { noSharedNetwork } from './no-shared-network/rule.ts';
import { notPublished } from './not-published/rule.ts';
import { otlpPortProtocol } from './otlp-port-protocol/rule.ts';
import { overlayPorts } from './overlay-ports/rule.ts';
import { planeSharing } from './plane-sharing/rule.ts';
import { proxyEnv } from './proxy-env/rule.ts';
import { publishAddressTooNarrow } from './publish-address-too-narrow/rule.ts';
import { registeredAddress } from './registered-address/rule.ts';
import { rootlessHostAccess } from './rootless-host-access/rule.ts';
import { sourceIpRewritten } from './source-ip-rewritten/rule.ts';
import { startupRace } from './startup-race/rule.ts';
import { subnetOverlap } from './subnet-overlap/rule.ts';
import { udpSuffix } from './udp-suffix/rule.ts';
import { unreachableLink } from './unreachable-link/rule.ts';

export const rules: readonly Rule[] = [
  localhostInContainer,
  listenerOnLoopback,
  hostGatewayMissing,
  noDnsDefaultBridge,
  noSharedNetwork,
  hostPortBetweenContainers,
  notPublished,
  publishAddressTooNarrow,
  internalCuts,
  hostModePorts,
  hostPortConflict,
  hostModeDesktop,
  subnetOverlap,
  mtuTooLarge,
  overlayPorts,
  hostFirewall,
  docker28DirectRouting,
  sourceIpRewritten,
  registeredAddress,
  multihomedWrongIp,
  logDriverResolvesOnHost,
  proxyEnv,
  netnsOwnerRestart,
  aliasCollision,
  macvlanHost,
  otlpPortProtocol,
  startupRace,
  dnsUpstream,
  rootlessHostAccess,
  udpSuffix,
  planeSharing,
  healthcheckWrongPort,
  noLimitsOrProbe,
  unreachableLink,
];
