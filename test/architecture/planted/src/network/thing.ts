import type { readFileSync } from 'node:fs';

export type Thing = ReturnType<typeof readFileSync>;
