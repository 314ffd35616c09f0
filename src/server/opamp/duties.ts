/** What the server owes an agent: its configuration, another heartbeat interval, a certificate that it asked for. */
import { agentHas } from '../../protocol/capabilities.ts';
import type { AgentLive } from '../fleet/agent.ts';
import { agentFacts } from '../fleet/facts.ts';
import { signFor } from './certificate-request.ts';
import type { ConversationParts } from './conversation.ts';
import { configBytes, pemOf, settingsBytes } from './offers.ts';
import type { Link, Session } from './session.ts';
import { configStep, settingsDue } from './standing.ts';

export type Certified =
  | { readonly kind: 'offer'; readonly field: Uint8Array }
  | { readonly kind: 'refused' | 'busy'; readonly sentence: string };

export interface Duties {
  /** Encoded fields of a ServerToAgent. What is given out counts as told. `askFirst`: what the agent has is not known. */
  due(agent: AgentLive, session: Session, link: Link): { readonly fields: readonly Uint8Array[]; readonly askFirst: boolean };
  certificate(agent: AgentLive, session: Session, link: Link, csr: Uint8Array): Promise<Certified>;
}

/** Bytes of an answer beside what is shared: uid, flags, capabilities, greeting, an offer of settings. */
const maxOwnBytes = 64 * 1024;
const defaultIntervalMs = 30_000;

export function createDuties(parts: ConversationParts): Duties {
  const { fleet, configurations, settings, clock, log, metrics } = parts;

  /** What is due now; counts as told from here on. */
  function due(agent: AgentLive, session: Session, link: Link): { readonly fields: readonly Uint8Array[]; readonly askFirst: boolean } {
    const fields: Uint8Array[] = [];
    const step = offerConfig(agent, session, link);
    if (step instanceof Uint8Array) fields.push(step);
    const offer = offerInterval(agent, session, link);
    if (offer !== undefined) fields.push(offer);
    return { fields, askFirst: step === 'ask-first' && !session.standing.asked };
  }

  function offerConfig(agent: AgentLive, session: Session, link: Link): Uint8Array | 'ask-first' | undefined {
    const { capabilities, config } = agent.record;
    const accepts = agentHas(capabilities, 'acceptsRemoteConfig');
    const desired = accepts ? configurations?.desired(agentFacts(agent))?.config : undefined;
    const reports = agentHas(capabilities, 'reportsRemoteConfig');
    const nowMs = clock.monotonicMs();
    const step = configStep(session.standing, { accepts, reports, hash: config.hash }, desired?.hash, link.id, nowMs);
    if (step !== 'offer' || desired === undefined) return step === 'ask-first' ? step : undefined;
    const bytes = configBytes(desired);
    session.standing = { ...session.standing, offered: { hash: desired.hash, atMs: nowMs, connection: link.id } };
    if (bytes.length + maxOwnBytes > settings.maxMessage) {
      log.event('opamp.config-too-large', { uid: session.uid, config: desired.name, version: desired.version, bytes: bytes.length });
      return undefined;
    }
    metrics.offers.inc({ kind: 'config' });
    // It will never say so itself.
    if (!reports) fleet.report(session.uid, { config: { hash: desired.hash, status: 'unset', error: '' } });
    return bytes;
  }

  function offerInterval(agent: AgentLive, session: Session, link: Link): Uint8Array | undefined {
    const { capabilities, heartbeatIntervalMs: told } = agent.record;
    const endpoint = settings.publicUrl;
    const wantedMs = fleet.policy(session.uid)?.heartbeatIntervalMs;
    const accepts = agentHas(capabilities, 'acceptsOpampConnectionSettings') && agentHas(capabilities, 'reportsHeartbeat');
    const nowMs = clock.monotonicMs();
    if (endpoint === undefined || wantedMs === undefined || !settingsDue(session.standing, { accepts, told }, wantedMs, nowMs))
      return undefined;
    const certificate = link.der === undefined ? undefined : { certPem: pemOf(link.der), bundlePem: bundle() };
    const { bytes, hash } = settingsBytes({ endpoint, heartbeatIntervalMs: wantedMs, certificate });
    session.standing = { ...session.standing, settingsOffered: { hash, atMs: nowMs, connection: link.id, heartbeatIntervalMs: wantedMs } };
    metrics.offers.inc({ kind: 'heartbeat' });
    if (!agentHas(capabilities, 'reportsConnectionSettingsStatus')) fleet.report(session.uid, { heartbeatIntervalMs: wantedMs });
    return bytes;
  }

  const bundle = () =>
    parts.authority
      .roots()
      .map(({ pem }) => pem)
      .join('');

  async function certificate(agent: AgentLive, session: Session, link: Link, csr: Uint8Array): Promise<Certified> {
    const endpoint = settings.publicUrl;
    if (endpoint === undefined)
      return {
        kind: 'refused',
        sentence: 'this server was not told its public address (publicUrl), so it cannot offer connection settings',
      };
    const signed = await signFor(parts, agent, csr);
    if (signed.kind !== 'issued') return signed;
    const heartbeatIntervalMs = fleet.policy(session.uid)?.heartbeatIntervalMs ?? agent.record.heartbeatIntervalMs ?? defaultIntervalMs;
    const { chainPem: certPem, bundlePem } = signed.issued;
    const { bytes, hash } = settingsBytes({ endpoint, heartbeatIntervalMs, certificate: { certPem, bundlePem } });
    const atMs = clock.monotonicMs();
    session.standing = { ...session.standing, settingsOffered: { hash, atMs, connection: link.id, heartbeatIntervalMs } };
    metrics.offers.inc({ kind: 'certificate' });
    return { kind: 'offer', field: bytes };
  }

  return { due, certificate };
}
