/** The exchange with agents: a message comes in, the fleet learns of it, an answer goes out. Knows no socket. */
import type { Clock } from '../../core/clock.ts';
import { uuidText } from '../../core/uuid.ts';
import type { Log } from '../../observe/log.ts';
import { agentHas } from '../../protocol/capabilities.ts';
import type { AgentToServer } from '../../protocol/opamp.ts';
import { AgentToServerFlags } from '../../protocol/opamp.ts';
import { encodeShared } from '../../protocol/pre-encoded.ts';
import type { Authority } from '../ca/authority.ts';
import type { Configurations } from '../configurations/configurations.ts';
import type { AgentLive } from '../fleet/agent.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { FleetIntake } from '../fleet/intake.ts';
import type { OutageJournal } from '../fleet/outages.ts';
import type { Answer } from './answer.ts';
import { answer, badRequest, unavailable } from './answer.ts';
import { noteConflict } from './conflict.ts';
import { takeCustom } from './custom-messages.ts';
import { createDuties } from './duties.ts';
import type { OpampMetrics } from './metrics.ts';
import type { ServicesSink } from './services-sink.ts';
import type { Link, Session } from './session.ts';
import type { OpampSettings } from './settings.ts';
import { hear } from './standing.ts';
import { reportOf } from './translate.ts';

export interface ConversationParts {
  readonly fleet: Fleet & FleetIntake;
  readonly authority: Pick<Authority, 'sign' | 'roots'>;
  /** Left out: agents are never offered a configuration. */
  readonly configurations: Pick<Configurations, 'desired' | 'observed'> | undefined;
  readonly outages: OutageJournal;
  readonly services: ServicesSink | undefined;
  readonly settings: OpampSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: OpampMetrics;
  readonly random: () => number;
}

export interface Conversation {
  /**
   * A promise only where the answer has to wait (something is stored or signed first); the caller keeps the order of answers by
   * reading on only after it. A rejection is a bug of ours.
   */
  receive(session: Session, link: Link, message: AgentToServer): Answer | Promise<Answer>;
  /** What the agent has to be told without having asked: a configuration, a heartbeat interval. Undefined: nothing is due. */
  due(session: Session, link: Link): Uint8Array | undefined;
}

export function createConversation(parts: ConversationParts): Conversation {
  const { fleet, configurations, settings, clock, log, metrics, random } = parts;
  const duties = createDuties(parts);

  function receive(session: Session, link: Link, message: AgentToServer): Answer | Promise<Answer> {
    const nowMs = clock.monotonicMs();
    const waitMs = session.take(settings.messagesPerSecond, settings.messageBurst, nowMs);
    if (waitMs > 0) return tooMany(session, link, waitMs);
    const claimed = uuidText(message.instanceUid);
    if (claimed !== session.uid) return anotherUid(session, link, message, claimed);
    const agent = fleet.get(session.uid);
    if (agent === undefined)
      return badRequest(session.uidBytes, link.transport, `the agent ${session.uid} is not known here`, {
        httpStatus: 401,
        close: policy('unknown agent'),
      });

    const heard = hear(session.standing, factsOf(message), nowMs);
    session.standing = heard.standing;
    if (heard.crossed) noteConflict(fleet, agent, session, link, clock);
    note(agent, session, message, heard.full);
    if (message.agentDisconnect !== undefined && speaksFor(session, link)) fleet.stopped(session.uid);
    const request = message.connectionSettingsRequest?.opamp?.certificateRequest;
    const waiting = message.customMessage === undefined ? undefined : takeCustom(parts, session, link, message.customMessage);
    if (request !== undefined) return settle(waiting, async () => certificate(agent, session, link, request.csr));
    if (message.connectionSettingsRequest !== undefined)
      return badRequest(
        session.uidBytes,
        link.transport,
        'connection_settings_request asks for nothing: opamp.certificate_request is missing',
      );
    return settle(waiting, () => plain(agent, session, link, heard.askFullState));
  }

  /** The answer to a custom message waits until the message is ours; what is wrong with it is the answer. */
  function settle(
    waiting: Promise<Answer | undefined> | Answer | undefined,
    then: () => Answer | Promise<Answer>,
  ): Answer | Promise<Answer> {
    if (waiting instanceof Promise) return waiting.then((refused) => refused ?? then());
    return waiting ?? then();
  }

  function note(agent: AgentLive, session: Session, message: AgentToServer, full: boolean): void {
    const before = agent.record;
    const capabilities = message.capabilities === 0n ? before.capabilities : message.capabilities;
    fleet.heard(session.uid);
    const report = reportOf(message, full, agentHas(capabilities, 'reportsRemoteConfig'));
    fleet.report(session.uid, { ...report, ...toldBy(session, report.connectionSettings) });
    // Offline and back, or another set of labels, moves a rollout too; the center hears that from the fleet.
    if (agent.record.config !== before.config || report.health !== undefined) configurations?.observed(session.uid);
  }

  /** Connection settings that we offered and the agent applied are what it was told last. */
  function toldBy(session: Session, status: AgentLive['record']['connectionSettings']) {
    const offered = session.standing.settingsOffered;
    if (status === undefined || offered === undefined || status.hash !== offered.hash) return {};
    if (status.status === 'failed') log.event('opamp.settings-failed', { uid: session.uid, error: status.error });
    return status.status === 'applied' ? { heartbeatIntervalMs: offered.heartbeatIntervalMs } : {};
  }

  async function certificate(agent: AgentLive, session: Session, link: Link, csr: Uint8Array): Promise<Answer> {
    const certified = await duties.certificate(agent, session, link, csr);
    if (certified.kind === 'offer')
      return answer(session.uidBytes, link.transport, { fullState: false, greet: greets(link), fields: [certified.field] });
    if (certified.kind === 'refused') return badRequest(session.uidBytes, link.transport, certified.sentence);
    return unavailable(session.uidBytes, link.transport, certified.sentence, jittered(5_000), { httpStatus: 503 });
  }

  function plain(agent: AgentLive, session: Session, link: Link, askFullState: boolean): Answer {
    const greet = greets(link);
    const { fields, askFirst } = duties.due(agent, session, link);
    return answer(session.uidBytes, link.transport, { fullState: askFullState || askFirst, greet, fields });
  }

  function anotherUid(session: Session, link: Link, message: AgentToServer, claimed: string): Answer {
    if ((message.flags & BigInt(AgentToServerFlags.REQUEST_INSTANCE_UID)) !== 0n) {
      // It does not know its uid and asks; its certificate does.
      const fields = [encodeShared({ agentIdentification: { newInstanceUid: session.uidBytes } })];
      return answer(message.instanceUid, link.transport, { fullState: true, greet: true, fields });
    }
    metrics.refusals.inc({ reason: 'another-uid' });
    log.event('opamp.another-uid', { uid: session.uid, claimed, remote: link.remote });
    const sentence = `the certificate identifies ${session.uid}, the message says that it is from ${claimed}; a connection carries one agent`;
    return badRequest(message.instanceUid, link.transport, sentence, { httpStatus: 400, close: policy('another instance_uid') });
  }

  function tooMany(session: Session, link: Link, waitMs: number): Answer {
    metrics.refusals.inc({ reason: 'message-rate' });
    const sentence = `more than ${settings.messagesPerSecond} messages a second`;
    return unavailable(session.uidBytes, link.transport, sentence, jittered(Math.max(1_000, waitMs)), {
      httpStatus: 429,
      close: { code: 1013, reason: sentence },
    });
  }

  const jittered = (ms: number) => ms * (1 + random());

  return {
    receive,
    due(session, link) {
      const agent = fleet.get(session.uid);
      if (agent === undefined) return undefined;
      const { fields } = duties.due(agent, session, link);
      return fields.length === 0 ? undefined : answer(session.uidBytes, link.transport, { fullState: false, greet: false, fields }).bytes;
    },
  };
}

/** Our capabilities are told once on a WebSocket, and in every answer over HTTP. */
function greets(link: Link): boolean {
  const first = link.transport === 'http' || !link.greeted;
  link.greeted = true;
  return first;
}

/** Goodbye on a connection that was replaced is the end of that connection only. */
function speaksFor(session: Session, link: Link): boolean {
  return session.socket === undefined || session.socket === link;
}

const policy = (reason: string) => ({ code: 1008, reason });

const factsOf = (message: AgentToServer) => ({
  sequence: message.sequenceNum,
  description: message.agentDescription !== undefined,
  configStatus: message.remoteConfigStatus !== undefined,
});
