/** Our own messages inside OpAMP (protocol/custom-kinds.ts), each answered only after it is kept. */
import type { CustomKind, Payload } from '../../protocol/custom.ts';
import { decodeCustom } from '../../protocol/custom.ts';
import { customCapabilities } from '../../protocol/custom-kinds.ts';
import { hostReportKind } from '../../protocol/host-report.ts';
import type { CustomMessage } from '../../protocol/opamp.ts';
import { outageReportKind } from '../../protocol/outages.ts';
import type { ServicesReport } from '../../protocol/services.ts';
import { servicesReportKind } from '../../protocol/services.ts';
import type { Answer } from './answer.ts';
import { badRequest, unavailable } from './answer.ts';
import type { ConversationParts } from './conversation.ts';
import type { Link, Session } from './session.ts';

/** Undefined: it is ours now, and the usual answer says so. */
export function takeCustom(
  parts: ConversationParts,
  session: Session,
  link: Link,
  message: CustomMessage,
): Promise<Answer | undefined> | Answer | undefined {
  const { metrics } = parts;
  // A capability that we do not announce: the specification lets us ignore it.
  const kind = customCapabilities.includes(message.capability) ? message.capability : 'other';
  metrics.custom.inc({ capability: kind });
  switch (message.capability) {
    case hostReportKind.capability:
      return read(hostReportKind, message, session, link, (report) => parts.fleet.hostReport(session.uid, JSON.stringify(report)));
    case servicesReportKind.capability:
      return read(servicesReportKind, message, session, link, (report) => takeServices(parts, session, link, report));
    case outageReportKind.capability:
      return read(outageReportKind, message, session, link, async ({ outages }) => {
        await parts.outages.record(session.uid, outages);
        parts.fleet.outages(session.uid);
      });
    default:
      return undefined;
  }

  function read<T>(
    of: CustomKind<T>,
    { capability, type, data }: CustomMessage,
    from: Session,
    via: Link,
    keep: (value: T) => Promise<void> | void,
  ) {
    const payload: Payload<T> = decodeCustom(of, { capability, type, data });
    // A type that only a newer agent knows is ignored like an unknown capability.
    if (!payload.ok && payload.code === 'other-kind') return undefined;
    if (!payload.ok) return badRequest(from.uidBytes, via.transport, payload.sentence, { httpStatus: 400 });
    const kept = keep(payload.value);
    return kept?.then(
      () => undefined,
      (error: unknown) => {
        parts.log.event('opamp.not-kept', { uid: from.uid, capability }, error);
        return unavailable(from.uidBytes, via.transport, 'the server cannot store the report now', 30_000 * (1 + parts.random()), {
          httpStatus: 503,
        });
      },
    );
  }
}

/** A report is of all services or of those that changed; the sink is told all. */
function takeServices({ services, fleet }: ConversationParts, session: Session, link: Link, report: ServicesReport): void {
  if (services === undefined) return;
  const known = report.full ? new Map() : (session.services ?? new Map());
  for (const service of report.services) known.set(service.id, service);
  for (const id of report.removed) known.delete(id);
  session.services = known;
  const name = fleet.get(session.uid)?.record.name ?? session.uid;
  services.setAgentServices(session.uid, { uid: session.uid, name, address: addressOf(link.remote) }, [...known.values()]);
}

/** `[::1]:9` and `192.0.2.1:9` without the port. */
export function addressOf(remote: string): string {
  return remote.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}
