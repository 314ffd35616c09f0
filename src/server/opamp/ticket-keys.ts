/**
 * The keys of TLS session tickets, kept in the store: after a restart of the server its agents resume their sessions, which costs
 * half of a whole handshake on either side. A new pair is made when the old one is a week old; every resumption still makes fresh
 * keys (psk_dhe_ke, RFC 8446 section 2.2), so that a stolen ticket key does not open what was said.
 */
import { randomBytes } from 'node:crypto';
import type { Store } from '../store/store.ts';

const key = 'opamp/ticket-keys';
const lastsMs = 7 * 86_400_000;

export async function ticketKeys(store: Store, nowMs = Date.now()): Promise<Buffer> {
  for (;;) {
    const entry = await store.get(key);
    const [madeAt = '0', text = ''] = entry?.value.split(' ') ?? [];
    const stored = Buffer.from(text, 'base64');
    if (stored.length === 48 && nowMs - Number(madeAt) < lastsMs) return stored;
    const made = randomBytes(48);
    const result = await store.commit({
      conditions: [{ key, modRevision: entry?.modRevision ?? 0 }],
      changes: [{ kind: 'put', key, value: `${nowMs} ${made.toString('base64')}` }],
    });
    if (result.ok) return made;
  }
}
