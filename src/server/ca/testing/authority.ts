/** An authority on a store in memory and a clock that the test moves. Production code does not import it. */
import { X509Certificate } from 'node:crypto';
import { Registry } from 'prom-client';
import type * as z from 'zod';
import type { Clock } from '../../../core/clock.ts';
import type { FieldValue, Log } from '../../../observe/log.ts';
import type { Store } from '../../store/store.ts';
import type { OwnAuthority } from '../authority.ts';
import { createAuthority } from '../create-authority.ts';
import { caSettings } from '../settings.ts';

export interface Said {
  readonly name: string;
  readonly fields: Readonly<Record<string, FieldValue>>;
}

export function listeningLog(): Log & { readonly said: readonly Said[]; count(name: string): number } {
  const said: Said[] = [];
  const log = {
    said,
    count: (name: string) => said.filter((one) => one.name === name).length,
    event: (name: string, fields: Said['fields'] = {}) => void said.push({ name, fields }),
    with: () => log,
  };
  return log;
}

export function testAuthority(
  store: Store,
  clock: Clock,
  settings: z.input<typeof caSettings> = {},
  log: Log = listeningLog(),
  knows: (uid: string) => boolean = () => false,
): Promise<OwnAuthority> {
  return createAuthority({ store, clock, log, registry: new Registry(), settings: caSettings.parse(settings), knows });
}

/** DER of the first certificate in a PEM chain. */
export const derOf = (pem: string): Buffer => new X509Certificate(pem).raw;

/** Gives way to what is under way until the condition holds; a test that waits in vain fails after some seconds. */
export async function eventually(holds: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`this never came true: ${holds}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
