import { readFileSync } from 'node:fs';

/** Put in by the build; in the source tree it is not defined. */
declare const FAIRLEAD_VERSION: string | undefined;

export function version(): string {
  if (typeof FAIRLEAD_VERSION === 'string') return FAIRLEAD_VERSION;
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  // Our own package.json: its shape is known.
  return (JSON.parse(text) as { readonly version: string }).version;
}
