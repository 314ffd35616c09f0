/** Which machine this is, as far as it can be told: a copied disk brings its identity along, and then two agents are one. */
import { createHash } from 'node:crypto';
import { readIfThere } from './atomic-file.ts';

/** Read by root only, and new in every clone; then what is copied along with a disk unless somebody takes care. */
const sources = { firmware: 'sys/class/dmi/id/product_uuid', system: 'etc/machine-id' } as const;

/** `firmware=… system=…`, digests of what can be read; the empty text where nothing can (most containers). */
export async function machineFingerprint(root = '/'): Promise<string> {
  const parts: string[] = [];
  for (const [name, path] of Object.entries(sources)) {
    const text = (await readIfThere(`${root}${path}`).catch(() => undefined))?.trim() ?? '';
    if (text !== '') parts.push(`${name}=${createHash('sha256').update(text).digest('hex').slice(0, 16)}`);
  }
  return parts.join(' ');
}

/** True when something that is known of both differs; what is known of one only (root or not) says nothing. */
export function movedTo(made: string, now: string): boolean {
  const before = new Map(made.split(' ').map((part) => [part.split('=')[0], part]));
  return now.split(' ').some((part) => {
    const was = before.get(part.split('=')[0]);
    return was !== undefined && was !== part;
  });
}
