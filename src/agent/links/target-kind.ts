import type { LinkSettings } from '../settings/links.ts';

export type LinkKind = 'tcp' | 'tls' | 'http';

/** What is checked when the settings do not say. */
export function kindOf(link: Pick<LinkSettings, 'kind' | 'to'>): LinkKind {
  return link.kind ?? (link.to.url === undefined ? 'tcp' : 'http');
}
