import { fieldName } from '../../json-bytes/field-table.ts';
import type { Step, Transform } from '../step.ts';
import { eachStreamOnce } from '../step.ts';
import type { AddSettings } from './settings.ts';

export const add: Transform<AddSettings> = {
  compile: ({ tags, labels, fields, replace }, { counters }) => {
    const steps: Step[] = [];
    const added = Object.entries(fields).map(([name, value]) => ({ name: fieldName(name), json: Buffer.from(JSON.stringify(value)) }));
    if (tags.length > 0 || Object.keys(labels).length > 0)
      steps.push({
        kind: 'stream',
        streamFor: eachStreamOnce((stream) => ({
          ...stream,
          tags: [...new Set([...stream.tags, ...tags])],
          labels: { ...stream.labels, ...labels },
        })),
      });
    if (added.length > 0)
      steps.push({
        kind: 'change',
        begin() {},
        change({ table }) {
          if (table === undefined) {
            counters.errors += 1;
            return true;
          }
          for (const { name, json } of added) if (replace || !table.find(name)) table.set(name, json);
          return true;
        },
      });
    return steps;
  },
  explain: ({ fields }) =>
    Object.keys(fields).length === 0
      ? { parses: 'none', why: 'Tags and labels belong to the stream: no record is touched.' }
      : { parses: 'all', why: 'Each record is taken apart into its fields, by bytes; tags and labels instead of fields cost nothing.' },
};
