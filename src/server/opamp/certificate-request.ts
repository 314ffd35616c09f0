/** A certificate signing request inside OpAMP: an agent renews while it is connected. */
import type { Clock } from '../../core/clock.ts';
import type { Authority, Issued } from '../ca/authority.ts';
import type { AgentLive } from '../fleet/agent.ts';

export type Signed =
  | { readonly kind: 'issued'; readonly issued: Issued }
  | { readonly kind: 'refused'; readonly sentence: string }
  | { readonly kind: 'busy'; readonly sentence: string };

/** A CSR of RSA 4096 has 2 KiB; more is nothing that we would sign. */
const maxCsrBytes = 16 * 1024;
/** The authority may have a queue that is full for a moment: a renewal waits rather than to make its agent disconnect. */
const waitsMs = [200, 500, 1_000];

export async function signFor(
  { authority, clock }: { readonly authority: Pick<Authority, 'sign'>; readonly clock: Clock },
  agent: AgentLive,
  csr: Uint8Array,
): Promise<Signed> {
  if (csr.length === 0 || csr.length > maxCsrBytes) return { kind: 'refused', sentence: `a CSR of ${csr.length} bytes is none` };
  const pem = new TextDecoder().decode(csr);
  for (let attempt = 0; ; attempt++) {
    const result = await authority.sign(pem, agent.record.uid, agent.record.labels);
    if (result.ok) return { kind: 'issued', issued: result.issued };
    if (result.reason !== 'busy') return { kind: 'refused', sentence: result.sentence };
    const waitMs = waitsMs[attempt];
    if (waitMs === undefined) return { kind: 'busy', sentence: result.sentence };
    await new Promise<void>((resolve) => clock.after(waitMs, resolve));
  }
}
