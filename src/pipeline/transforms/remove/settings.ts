import * as z from 'zod';
import { ofType } from '../../../config/lazily.ts';
import { operand } from '../../conditions/field.ts';

export const removeSettings = ofType('remove', () =>
  z.strictObject({
    type: z
      .literal('remove')
      .describe('Takes tags, labels and fields away.')
      .meta({ examples: ['remove'] }),
    tags: z
      .array(z.string().min(1))
      .prefault([])
      .describe('Tags that no record keeps.')
      .meta({ examples: [['internal']] }),
    labels: z
      .array(z.string().min(1))
      .prefault([])
      .describe('Names of labels that no record keeps.')
      .meta({ examples: [['pod_uid']] }),
    fields: z
      .array(operand())
      .prefault([])
      .describe('Fields that no record keeps; a point leads into an object, quotes take a name as it is.')
      .meta({ examples: [['password', 'user.email', '"a.b"']] }),
  }),
);

export type RemoveSettings = z.output<typeof removeSettings>;
