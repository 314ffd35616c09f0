/** Receivers that nobody here wrote. */
import { join } from 'node:path';
import { unpackedPrograms } from '../setup/programs.ts';
import type { Capability } from '../setup.ts';

/** 1.112: the first in Debian that takes metrics by OTLP as well. */
export async function victoriaMetrics(): Promise<Capability<{ readonly program: string }>> {
  const found = await unpackedPrograms({
    name: 'receiver-victoria-metrics',
    sets: { victoria: { suite: 'trixie', packages: ['victoria-metrics'] } },
    find: ({ victoria }) => ({ program: join(victoria, 'usr/bin/victoria-metrics') }),
    trials: ({ program }) => [[program, '-version']],
  });
  return found.available ? { available: true, program: found.programs.program } : found;
}
