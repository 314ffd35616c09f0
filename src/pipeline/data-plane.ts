/** From which local addresses data leaves. The agent's planes have this shape; the pipeline does not know the agent. */
import type { LocalAddresses } from '../core/local-addresses.ts';

export interface DataPlane {
  /** Asked again at every connect; `sentence` says why there is no address now (an interface is away): wait and ask again. */
  resolve(): { readonly ok: true; readonly local: LocalAddresses } | { readonly ok: false; readonly sentence: string };
}

/** The routing table decides. */
export const anyAddress: DataPlane = { resolve: () => ({ ok: true, local: { kind: 'any' } }) };
