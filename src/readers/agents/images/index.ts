import { databases } from './databases.ts';
import type { ImageEntry } from './entry.ts';
import { exporters } from './exporters.ts';
import { servers } from './servers.ts';

export const imageTable: readonly ImageEntry[] = [...exporters, ...databases, ...servers];
