import type { EventEntry } from '../../src/observe/events/event.ts';
import { events } from '../../src/observe/events/index.ts';
import { code, generatedFrom, page, table } from './markdown.ts';

export function eventsPage(): string {
  const rows = Object.entries<EventEntry>(events).sort(([a], [b]) => (a < b ? -1 : 1));
  return page(
    generatedFrom('src/observe/events/'),
    '# Log events',
    'Server and agent log to standard error, one event a line. As JSON each has `time`, `level`, `event`, `message` and the fields that the sentence names, and more; as text the sentence comes first. No event holds a token, a key or the content of a configuration.',
    table(
      ['event', 'level', 'sentence'],
      rows.map(([name, { level, sentence }]) => [code(name), level, sentence]),
    ),
  );
}
