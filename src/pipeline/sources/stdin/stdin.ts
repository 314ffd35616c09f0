/** The source `stdin`: lines of the standard input until it ends. */
import type { Readable } from 'node:stream';
import { newGeneration } from '../../listening/generation.ts';
import { Outflow } from '../../listening/outflow.ts';
import { RecordWriter } from '../../listening/record-writer.ts';
import type { Source, SourceContext } from '../../source.ts';
import { LineFramer } from './lines.ts';
import type { StdinSettings } from './settings.ts';

export async function createStdin(settings: StdinSettings, context: SourceContext, input: Readable = process.stdin): Promise<Source> {
  const { counters, log } = context;
  const writer = new RecordWriter(context, new Outflow(context), {
    source: context.name,
    generation: newGeneration(),
    labels: settings.labels,
    tags: settings.tags,
    format: settings.format,
    pushed: true,
  });
  const framer = new LineFramer(settings.maxLine, (bytes, from, to, cut) => {
    if (!writer.room(to - from)) return false;
    if (cut) counters.cutRecords += 1;
    writer.json.raw(bytes, from, to);
    writer.end(Number.NaN);
    return true;
  });
  const done = Promise.withResolvers<void>();
  let problem: string | undefined;
  let received = 0;
  let busy: Promise<void> | undefined;

  const take = (chunk: Buffer) => {
    received += chunk.length;
    const at = framer.feed(chunk, 0);
    if (at === chunk.length) return;
    input.pause();
    busy = finish(chunk, at);
  };
  const finish = async (chunk: Buffer, from: number) => {
    for (let at = from; at < chunk.length; at = framer.feed(chunk, at)) await writer.ready();
    busy = undefined;
    if (!closed) input.resume();
  };
  const end = async () => {
    while (busy !== undefined) await busy;
    while (!framer.end()) await writer.ready();
    await writer.close();
    log.event('pipeline.source.input-ended', { bytes: received });
    done.resolve();
  };
  const ended = () => void end();
  const failed = (error: Error) => {
    problem = `standard input cannot be read: ${error.message}`;
    counters.errors += 1;
    void end();
  };
  let closed = false;
  // A source before this one may have paused it.
  input.on('data', take).on('end', ended).on('error', failed).resume();
  return {
    done: done.promise,
    problem: () => problem,
    async close() {
      closed = true;
      input.pause();
      input.off('data', take).off('end', ended).off('error', failed);
      while (busy !== undefined) await busy;
      // A source that follows this one in the same process reads the line from its beginning.
      const rest = framer.takeBack();
      if (rest.length > 0) input.unshift(rest);
      await writer.close();
    },
  };
}
