import type { SourceText } from '../../core/text.ts';
import type { Files } from '../files.ts';
import type { Remarks } from './remarks.ts';

/** What the readers of values need beside the value. */
export interface ReadContext {
  readonly source: SourceText;
  readonly files: Files;
  readonly remarks: Remarks;
  /** The folder that the command is run in; undefined when the script went somewhere unknown. */
  readonly folder: string | undefined;
  /** How many more ports may be taken out of ranges; a text of a line can ask for 65,536 of them. */
  readonly budget: { ports: number };
}
