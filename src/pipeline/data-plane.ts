/** From which local addresses data leaves. The agent's planes have this shape; the pipeline does not know the agent. */
export type LocalAddresses =
  | { readonly kind: 'any' }
  | { readonly kind: 'bound'; readonly what: string; readonly v4?: string; readonly v6?: string };

export interface DataPlane {
  /** Asked again at every connect; `sentence` says why there is no address now (an interface is away): wait and ask again. */
  resolve(): { readonly ok: true; readonly local: LocalAddresses } | { readonly ok: false; readonly sentence: string };
}

/** The routing table decides. */
export const anyAddress: DataPlane = { resolve: () => ({ ok: true, local: { kind: 'any' } }) };

/** The address to bind for a destination of this family; a sentence where the plane has none. */
export function localFor(
  local: LocalAddresses,
  family: 4 | 6,
): { readonly ok: true; readonly address?: string } | { readonly ok: false; readonly sentence: string } {
  if (local.kind === 'any') return { ok: true };
  const address = family === 4 ? local.v4 : local.v6;
  return address === undefined
    ? { ok: false, sentence: `${local.what} has no IPv${family} address, and the destination is IPv${family}` }
    : { ok: true, address };
}
