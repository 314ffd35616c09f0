/** Conditions and names of fields as settings; what is read stays the text, so that settings can be compared and shown. */
import * as z from 'zod';
import { parseCondition, parseOperand, sayMistake } from './parse.ts';

/** `level == "debug"`; a mistake is shown with its line and column inside of the text. */
export const condition = () =>
  z
    .string()
    .meta({ format: 'condition' })
    .superRefine((text, context) => {
      const read = parseCondition(text);
      if (!read.ok) context.addIssue({ code: 'custom', message: sayMistake(text, read) });
    });

/** `user.id`, `"a b"`, `record`, `label.env`. */
export const operand = () =>
  z
    .string()
    .meta({ format: 'field' })
    .superRefine((text, context) => {
      const read = parseOperand(text);
      if (!read.ok) context.addIssue({ code: 'custom', message: sayMistake(text, read) });
    });
