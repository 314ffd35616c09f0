import * as z from 'zod';
import { ofType } from '../../../config/lazily.ts';
import { operand } from '../../conditions/field.ts';

const name = () => z.string().min(1).max(256);

export const renameSettings = ofType('rename', () =>
  z.strictObject({
    type: z
      .literal('rename')
      .describe('Gives tags, labels and fields other names.')
      .meta({ examples: ['rename'] }),
    tags: z
      .record(name(), name())
      .prefault({})
      .describe('Old tag to new tag.')
      .meta({ examples: [{ fe: 'frontend' }] }),
    labels: z
      .record(name(), name())
      .prefault({})
      .describe('Old name of a label to its new one; a label that had the new name is replaced.')
      .meta({ examples: [{ app: 'service' }] }),
    fields: z
      .record(operand(), name())
      .prefault({})
      .describe('Field to its new name, in the same object and the same place; a field that had the new name is replaced.')
      .meta({ examples: [{ msg: 'message', 'http.statusCode': 'status' }] }),
  }),
);

export type RenameSettings = z.output<typeof renameSettings>;
