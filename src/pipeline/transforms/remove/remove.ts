import { changeAt, fieldPath } from '../fields.ts';
import type { Step, Transform } from '../step.ts';
import { eachStreamOnce } from '../step.ts';
import type { RemoveSettings } from './settings.ts';

export const remove: Transform<RemoveSettings> = {
  compile: ({ tags, labels, fields }, { counters }) => {
    const steps: Step[] = [];
    const paths = fields.map(fieldPath);
    if (tags.length > 0 || labels.length > 0)
      steps.push({
        kind: 'stream',
        streamFor: eachStreamOnce((stream) => ({
          ...stream,
          tags: stream.tags.filter((tag) => !tags.includes(tag)),
          labels: Object.fromEntries(Object.entries(stream.labels).filter(([name]) => !labels.includes(name))),
        })),
      });
    if (paths.length > 0)
      steps.push({
        kind: 'change',
        begin() {},
        change({ table }) {
          if (table === undefined) counters.errors += 1;
          else for (const path of paths) changeAt(table, path, (inner, name) => inner.remove(name));
          return true;
        },
      });
    return steps;
  },
  explain: ({ fields }) =>
    fields.length === 0
      ? { parses: 'none', why: 'Tags and labels belong to the stream: no record is touched.' }
      : { parses: 'all', why: 'Each record is taken apart into its fields, by bytes; what stays is copied as it was written.' },
};
