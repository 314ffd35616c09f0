/** Names below our domain → what they ask for. Consul's forms (dns-static-lookups), the legacy ones included. */

export type Asked =
  | { readonly kind: 'apex' | 'nameserver' | 'inner' | 'nothing' }
  | { readonly kind: 'service'; readonly service: string; readonly tag: string | undefined }
  | { readonly kind: 'node'; readonly node: string }
  | { readonly kind: 'address'; readonly address: Uint8Array };

const kinds = ['service', 'node', 'addr'];
const nothing: Asked = { kind: 'nothing' };
/** There are names below it, so it exists, without records: resolvers that minimise names ask for it (RFC 8020, RFC 9156). */
const inner: Asked = { kind: 'inner' };

/** The labels in front of a domain of ours, lower case; undefined when the name is in none of them. */
export function below(labels: readonly string[], domains: readonly (readonly string[])[]): readonly string[] | undefined {
  const ours = (domain: readonly string[]) => domain.every((label, index) => labels[labels.length - domain.length + index] === label);
  const [longest] = domains.filter((domain) => domain.length <= labels.length && ours(domain)).sort((a, b) => b.length - a.length);
  return longest === undefined ? undefined : labels.slice(0, labels.length - longest.length);
}

/** `[tag.]web.service[.dc1[.dc]]`, `_web._tag[.service]…`, `n1.node…`, `c0000201.addr…`. */
export function asked(labels: readonly string[], datacenter: string): Asked {
  if (labels.length === 0) return { kind: 'apex' };
  const last = labels.at(-1) ?? '';
  const before = labels.at(-2) ?? '';
  const dc = datacenter.toLowerCase();
  if (last === 'dc') {
    if (labels.length === 1) return inner;
    return before === dc ? ofKind(labels.slice(0, -2), inner) : nothing;
  }
  if (last === dc && (kinds.includes(before) || before.startsWith('_'))) return ofKind(labels.slice(0, -1), inner);
  if (last === dc && labels.length === 1) return inner;
  if (last === 'ns' && labels.length === 1) return { kind: 'nameserver' };
  return ofKind(labels, nothing);
}

function ofKind(labels: readonly string[], empty: Asked): Asked {
  const kind = labels.at(-1);
  if (kind === undefined) return empty;
  if (kind === 'service') return ofService(labels.slice(0, -1));
  if (kind === 'node') return labels.length === 1 ? inner : { kind: 'node', node: labels.slice(0, -1).join('.') };
  if (kind === 'addr') return ofAddress(labels.slice(0, -1));
  return kind.startsWith('_') ? ofService(labels) : nothing;
}

function ofService(labels: readonly string[]): Asked {
  const [first = '', second = ''] = labels;
  if (labels.length === 0 || (labels.length === 1 && first.startsWith('_'))) return inner;
  if (labels.length === 2 && first.startsWith('_') && second.startsWith('_')) {
    // RFC 2782 has the protocol here; Consul takes a tag, and `_tcp` for none.
    const tag = second.slice(1);
    return { kind: 'service', service: first.slice(1), tag: tag === 'tcp' ? undefined : tag };
  }
  return { kind: 'service', service: labels.at(-1) ?? '', tag: labels.length === 1 ? undefined : labels.slice(0, -1).join('.') };
}

function ofAddress(labels: readonly string[]): Asked {
  const [hex = ''] = labels;
  if (labels.length === 0) return inner;
  if (labels.length > 1 || !/^(?:[0-9a-f]{8}|[0-9a-f]{32})$/.test(hex)) return nothing;
  return { kind: 'address', address: Buffer.from(hex, 'hex') };
}
