/** From which of the host's addresses a connection leaves. */

/** `any`: the system chooses. Otherwise at least one of the families has an address. */
export type LocalAddresses =
  | { readonly kind: 'any' }
  | { readonly kind: 'bound'; readonly what: string; readonly v4?: string; readonly v6?: string };

/** The address to bind for a destination of this family; a sentence where there is none. */
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
