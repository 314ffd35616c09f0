/** The source `forward`: Fluentd's protocol. */
import type { AddressInfo } from 'node:net';
import { ByteBudget } from '../../listening/byte-budget.ts';
import { Complaints } from '../../listening/complaints.ts';
import { newGeneration } from '../../listening/generation.ts';
import { Outflow } from '../../listening/outflow.ts';
import { openStreams } from '../../listening/stream-server.ts';
import type { Source, SourceContext } from '../../source.ts';
import type { Stream } from '../../stream.ts';
import { converse, type Reception } from './connection.ts';
import type { ForwardSettings } from './settings.ts';

/** Tags come from clients, so those that are remembered are bounded; one that was forgotten is made anew. */
const maxStreams = 1_000;

export async function createForward(
  settings: ForwardSettings,
  context: SourceContext,
): Promise<Source & { readonly address: AddressInfo }> {
  const complaints = new Complaints(context.log, context.clock);
  const reception: Reception = {
    settings,
    context,
    complaints,
    outflow: new Outflow(context),
    budget: new ByteBudget(settings.maxPending),
    streamOf: streams(settings, context.name),
  };
  const door = await openStreams(
    {
      what: `source ${context.name} (forward)`,
      listen: settings.listen,
      tls: settings.tls,
      maxConnections: settings.maxConnections,
      idleTimeoutMs: settings.idleTimeout,
      together: false,
      converse: (socket) => converse(socket, reception),
    },
    context,
    complaints,
  );
  return { address: door.address, problem: () => undefined, close: () => door.close() };
}

function streams(settings: ForwardSettings, source: string): (tag: string) => Stream {
  const generation = newGeneration();
  const known = new Map<string, Stream>();
  return (tag) => {
    const stream = known.get(tag);
    if (stream !== undefined) return stream;
    // As labels are bounded (core/labels.ts).
    const value = tag.replaceAll(/[\p{Cc},()=!]/gu, '_').slice(0, 256);
    const labels = { ...settings.labels, [settings.tagLabel]: value };
    const made: Stream = { source, generation, labels, tags: settings.tags, format: 'json', pushed: true };
    const oldest = known.keys().next();
    if (known.size >= maxStreams && !oldest.done) known.delete(oldest.value);
    known.set(tag, made);
    return made;
  };
}
