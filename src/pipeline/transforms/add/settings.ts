import * as z from 'zod';
import { labels } from '../../../config/fields.ts';
import { ofType } from '../../../config/lazily.ts';

export const tag = () => z.string().min(1).max(128);

export const addSettings = ofType('add', () =>
  z.strictObject({
    type: z
      .literal('add')
      .describe('Adds tags, labels and fields.')
      .meta({ examples: ['add'] }),
    tags: z
      .array(tag())
      .prefault([])
      .describe('Tags for every record, behind those it has; one that is there already is not added twice.')
      .meta({ examples: [['frontend']] }),
    labels: labels()
      .prefault({})
      .describe(
        'Labels for every record; a label of that name is replaced. Labels travel beside the record and become labels at the receiver, so keep their values few.',
      )
      .meta({ examples: [{ env: 'prod' }] }),
    fields: z
      .record(z.string().min(1), z.json())
      .prefault({})
      .describe('Fields, with any JSON value, for records that are objects. They become part of the record.')
      .meta({ examples: [{ datacenter: 'fra-1', shard: 3 }] }),
    replace: z
      .boolean()
      .prefault(false)
      .describe('Whether a field that is there already gets the new value; otherwise it keeps its own.')
      .meta({ examples: [true] }),
  }),
);

export type AddSettings = z.output<typeof addSettings>;
