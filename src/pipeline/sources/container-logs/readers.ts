/** The formats of lines. */
import type { ReadLine } from '../../containers/channel-records.ts';
import { readCri } from './cri-line.ts';
import { readDocker } from './docker-line.ts';
import type { ContainerLogsSettings } from './settings.ts';

export const readers: Readonly<Record<ContainerLogsSettings['format'], ReadLine>> = {
  // A time does not begin with a brace.
  auto: (bytes, from, to, stamps, line) => (bytes[from] === 0x7b ? readDocker : readCri)(bytes, from, to, stamps, line),
  cri: readCri,
  docker: readDocker,
};
