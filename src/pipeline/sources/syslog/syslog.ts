/** The source `syslog`. */
import type { AddressInfo } from 'node:net';
import { ByteBudget } from '../../listening/byte-budget.ts';
import { Complaints } from '../../listening/complaints.ts';
import { newGeneration } from '../../listening/generation.ts';
import { Outflow } from '../../listening/outflow.ts';
import { RecordWriter } from '../../listening/record-writer.ts';
import { openStreams } from '../../listening/stream-server.ts';
import type { Source, SourceContext } from '../../source.ts';
import { converse, type Reception } from './connection.ts';
import { openDatagrams } from './datagrams.ts';
import { MessageWriter, roomFor, trimmedEnd } from './message.ts';
import type { SyslogSettings } from './settings.ts';
import { TimeReader } from './times.ts';

interface Door {
  readonly address: AddressInfo;
  close(): Promise<void>;
}

export interface SyslogSource extends Source {
  readonly addresses: Readonly<Partial<Record<'udp' | 'tcp' | 'tls', AddressInfo>>>;
}

/** Throws FAIRLEAD_LISTEN when one of the addresses cannot be listened on; then none is. */
export async function createSyslog(settings: SyslogSettings, context: SourceContext): Promise<SyslogSource> {
  const outflow = new Outflow(context);
  const writer = new RecordWriter(context, outflow, {
    source: context.name,
    generation: newGeneration(),
    labels: settings.labels,
    tags: settings.tags,
    format: settings.raw ? 'text' : 'json',
    pushed: true,
  });
  const complaints = new Complaints(context.log, context.clock);
  const take = settings.raw ? rawMessages(writer, context) : objects(writer, settings, context);
  const reception: Reception = {
    framing: settings.framing,
    maxMessage: settings.maxMessage,
    partials: new ByteBudget(settings.maxPartial),
    take,
    ready: () => writer.ready(),
    tooMany(peer) {
      context.counters.errors += 1;
      complaints.say('pipeline.source.rejected', { peer, reason: 'there are too many unfinished messages (maxPartial)' });
    },
  };
  const doors = new Map<'udp' | 'tcp' | 'tls', Door>();
  try {
    await openAll(settings, context, { reception, complaints, doors });
  } catch (error) {
    await Promise.all([...doors.values()].map((door) => door.close()));
    throw error;
  }
  return {
    addresses: Object.fromEntries([...doors].map(([kind, door]) => [kind, door.address])),
    problem: () => undefined,
    async close() {
      await Promise.all([...doors.values()].map((door) => door.close()));
      await writer.close();
    },
  };
}

interface Shared {
  readonly reception: Reception;
  readonly complaints: Complaints;
  readonly doors: Map<'udp' | 'tcp' | 'tls', Door>;
}

async function openAll(settings: SyslogSettings, context: SourceContext, { reception, complaints, doors }: Shared): Promise<void> {
  const { udp, tcp, tls, maxMessage } = settings;
  const what = (how: string) => `source ${context.name} (syslog by ${how})`;
  const streams = { maxConnections: settings.maxConnections, idleTimeoutMs: settings.idleTimeout, together: true };
  const speak = (socket: Parameters<typeof converse>[0]) => converse(socket, reception);
  if (tcp !== undefined)
    doors.set('tcp', await openStreams({ ...streams, what: what('TCP'), listen: tcp, converse: speak }, context, complaints));
  if (tls !== undefined)
    doors.set('tls', await openStreams({ ...streams, what: what('TLS'), listen: tls.listen, tls, converse: speak }, context, complaints));
  if (udp === undefined) return;
  const room = {
    take: (bytes: Buffer, peer: Buffer) => reception.take(bytes, 0, Math.min(bytes.length, maxMessage), bytes.length > maxMessage, peer),
    ready: () => reception.ready(),
  };
  const listen = { what: what('UDP'), listen: udp, receiveBuffer: settings.receiveBuffer };
  doors.set('udp', await openDatagrams(listen, context, room));
}

function rawMessages(writer: RecordWriter, { counters }: SourceContext): Reception['take'] {
  return (bytes, from, to, cut) => {
    const end = trimmedEnd(bytes, from, to);
    if (end === from) return true; // nothing was said
    if (!writer.room(end - from)) return false;
    if (cut) counters.cutRecords += 1;
    writer.json.raw(bytes, from, end);
    writer.end(Number.NaN);
    return true;
  };
}

function objects(writer: RecordWriter, settings: SyslogSettings, { clock, counters }: SourceContext): Reception['take'] {
  const times = new TimeReader(settings.timezone, () => clock.now());
  const message = new MessageWriter(settings.format, times, writer.json);
  return (bytes, from, to, cut, peer) => {
    if (trimmedEnd(bytes, from, to) === from) return true;
    if (!writer.room(roomFor(to - from))) return false;
    if (cut) counters.cutRecords += 1;
    writer.end(message.write(bytes, from, to, peer));
    return true;
  };
}
