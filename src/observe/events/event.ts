import type { Level } from '../log.ts';

/** One thing that can be logged. Its name is `area.what-happened`; the sentence may hold `{field}`. */
export interface EventEntry {
  readonly level: Level;
  readonly sentence: string;
}

export type EventTable = Readonly<Record<string, EventEntry>>;
