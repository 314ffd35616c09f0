import { fieldName } from '../../json-bytes/field-table.ts';
import { changeAt, fieldPath } from '../fields.ts';
import type { Step, Transform } from '../step.ts';
import { eachStreamOnce } from '../step.ts';
import type { RenameSettings } from './settings.ts';

export const rename: Transform<RenameSettings> = {
  compile: ({ tags, labels, fields }, { counters }) => {
    const steps: Step[] = [];
    const paths = Object.entries(fields).map(([from, to]) => ({ path: fieldPath(from), to: fieldName(to) }));
    const renamed = (names: Readonly<Record<string, string>>, name: string) => (Object.hasOwn(names, name) ? (names[name] ?? name) : name);
    if (Object.keys(tags).length > 0 || Object.keys(labels).length > 0)
      steps.push({
        kind: 'stream',
        streamFor: eachStreamOnce((stream) => ({
          ...stream,
          tags: [...new Set(stream.tags.map((tag) => renamed(tags, tag)))],
          labels: relabelled(stream.labels, labels),
        })),
      });
    if (paths.length > 0)
      steps.push({
        kind: 'change',
        begin() {},
        change({ table }) {
          if (table === undefined) counters.errors += 1;
          else for (const { path, to } of paths) changeAt(table, path, (inner, from) => inner.rename(from, to));
          return true;
        },
      });
    return steps;
  },
  explain: ({ fields }) =>
    Object.keys(fields).length === 0
      ? { parses: 'none', why: 'Tags and labels belong to the stream: no record is touched.' }
      : { parses: 'all', why: 'Each record is taken apart into its fields, by bytes; values are copied as they were written.' },
};

/** A label that was renamed wins over one that had the name before. */
function relabelled(labels: Readonly<Record<string, string>>, names: Readonly<Record<string, string>>): Record<string, string> {
  const isOld = ([name]: [string, string]) => Object.hasOwn(names, name);
  const entries = Object.entries(labels);
  return Object.fromEntries([
    ...entries.filter((entry) => !isOld(entry)),
    ...entries.filter(isOld).map(([name, value]): [string, string] => [names[name] ?? name, value]),
  ]);
}
