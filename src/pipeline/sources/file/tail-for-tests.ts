import type { Source, SourceContext } from '../../source.ts';
import type { Rig } from '../../tail/rig.ts';
import { createFile } from './file.ts';
import { fileSettings } from './settings.ts';

/** The file source on all `*.log` of the rig's folder, unless the settings say otherwise. */
export function tail(rig: Rig, settings: object = {}): (context: SourceContext) => Promise<Source> {
  const read = fileSettings.parse({ type: 'file', path: rig.path('*.log'), ...settings });
  return (context) => createFile(read, context);
}
