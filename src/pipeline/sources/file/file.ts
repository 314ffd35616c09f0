/** The file source: files as they grow, each line a record. */
import type { LogBatch } from '../../batch.ts';
import type { Framer } from '../../framing/framer.ts';
import { delimiterFramer, lineFramer } from '../../framing/lines.ts';
import { multilineFramer } from '../../framing/multiline.ts';
import type { Source, SourceContext } from '../../source.ts';
import { selectionOf } from '../../tail/selection.ts';
import type { TailHooks } from '../../tail/tail.ts';
import { startTailing } from '../../tail/tailer.ts';
import { fromUtf16 } from './recode.ts';
import type { FileSettings } from './settings.ts';

export function createFile(settings: FileSettings, context: SourceContext): Promise<Source> {
  const selection = selectionOf({
    path: settings.path ?? [],
    pathRegex: settings.pathRegex === undefined ? undefined : new RegExp(settings.pathRegex),
    exclude: settings.exclude,
  });
  const { startPosition, order, maxOpenFiles, maxLineBytes, flushAfter, closeMovedAfter, ignoreOlder, multiline, encoding } = settings;
  const hooks: TailHooks = {
    stream: (path, generation) => ({
      source: context.name,
      generation,
      labels: { ...settings.labels, ...selection.labels(path) },
      tags: settings.tags,
      format: settings.format,
      path,
    }),
    ...(encoding === 'utf-8' ? {} : { deliver: (batch: LogBatch) => context.push(fromUtf16(batch, encoding === 'utf-16be')) }),
  };
  return startTailing(
    {
      ...{ selection, startPosition, order, maxOpenFiles, maxLineBytes },
      ignoreOlderMs: ignoreOlder,
      flushAfterMs: flushAfter,
      groupAfterMs: multiline?.timeout,
      closeMovedAfterMs: closeMovedAfter,
      framer: framerOf(settings),
    },
    context,
    hooks,
  );
}

function framerOf({ delimiter, encoding, multiline, maxLineBytes }: FileSettings): Framer {
  const lines = lineFramerOf(delimiter, encoding);
  if (multiline === undefined) return lines;
  const { start, continuation, end, maxLines } = multiline;
  return multilineFramer(lines, {
    start: pattern(start),
    continuation: pattern(continuation),
    end: pattern(end),
    maxLines,
    maxBytes: maxLineBytes,
  });
}

const pattern = (source: string | undefined): RegExp | undefined => (source === undefined ? undefined : new RegExp(source));

function lineFramerOf(delimiter: string | undefined, encoding: FileSettings['encoding']): Framer {
  if (encoding === 'utf-8') return delimiter === undefined ? lineFramer : delimiterFramer(Buffer.from(delimiter));
  const bytes = Buffer.from(delimiter ?? '\n', 'utf16le');
  return delimiterFramer(encoding === 'utf-16be' ? bytes.swap16() : bytes, 2);
}
