/** Servers by Consul's HTTP API: that of a Consul agent, or the same of a Fairlead server. Only instances whose checks pass. */
import * as z from 'zod';
import type { LocalAddresses } from '../../core/local-addresses.ts';
import type { Lookup } from '../connection/dial.ts';
import { dial } from '../connection/dial.ts';
import { ask } from '../connection/request.ts';
import { errorCode } from '../identity/atomic-file.ts';
import { readCredential } from '../identity/mounted.ts';
import type { CatalogueSettings } from '../settings/server.ts';
import type { Candidate, Located, Locator } from './candidate.ts';
import { shuffled, urlOf } from './candidate.ts';

export interface CatalogueOptions {
  readonly kind: 'Consul' | 'registry';
  readonly settings: CatalogueSettings;
  readonly caFile: string | undefined;
  readonly random: () => number;
  readonly local: () => LocalAddresses;
  readonly timeoutMs: number;
  readonly lookup?: Lookup | undefined;
}

/** Of a health entry, what is needed; the instance's own address comes before its node's. */
const entries = z.array(
  z.object({
    Node: z.object({ Address: z.string() }),
    Service: z.object({ Address: z.string().optional(), Port: z.int().min(1).max(65_535) }),
  }),
);

export function catalogueLocator(options: CatalogueOptions): Locator {
  const { settings, kind } = options;
  const from = `${kind} service ${settings.service}`;
  return {
    from,
    async locate(signal): Promise<Located> {
      const answer = await get(options, signal);
      if (!answer.ok) return { ok: false, sentence: `${kind} at ${settings.url}: ${answer.sentence}` };
      const read = readEntries(answer.text, settings, from);
      if (read === undefined) return { ok: false, sentence: `${settings.url} does not answer as Consul does` };
      return { ok: true, found: shuffled(read, options.random) };
    },
  };
}

/** Pure; undefined when the text is no list of health entries. */
export function readEntries(text: string, settings: CatalogueSettings, from: string): readonly Candidate[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const read = entries.safeParse(value);
  return read.data?.map(({ Node, Service }) => {
    const host = Service.Address === undefined || Service.Address === '' ? Node.Address : Service.Address;
    return { url: urlOf(settings.secure, host, Service.Port, settings.path), from };
  });
}

async function get(
  options: CatalogueOptions,
  signal: AbortSignal,
): Promise<{ readonly ok: true; readonly text: string } | { readonly ok: false; readonly sentence: string }> {
  const { settings, timeoutMs, lookup } = options;
  const url = new URL(settings.url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const secure = url.protocol === 'https:';
  const files = await credentials(options);
  if (!files.ok) return files;
  const dialed = await dial({
    host,
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    // An agent of Consul's on the same host is not on any plane.
    local: /^(127\.|localhost$|::1$)/.test(host) ? { kind: 'any' } : options.local(),
    timeoutMs,
    signal,
    ...(secure ? { tls: { ca: files.ca } } : {}),
    ...(lookup === undefined ? {} : { lookup }),
  });
  if (!dialed.ok) return dialed;
  const answer = await ask(dialed.socket, {
    method: 'GET',
    path: `${url.pathname.replace(/\/$/, '')}/v1/health/service/${encodeURIComponent(settings.service)}?${parameters(settings)}`,
    host: url.host,
    headers: { accept: 'application/json', ...(files.token === '' ? {} : { 'x-consul-token': files.token }) },
    timeoutMs,
    limitBytes: 4 * 1024 * 1024,
    signal,
  });
  if (!answer.ok) return answer;
  const text = answer.body.toString('utf8');
  return answer.status === 200 ? { ok: true, text } : { ok: false, sentence: `HTTP ${answer.status} ${text.slice(0, 200).trim()}` };
}

function parameters({ tag, datacenter }: CatalogueSettings): string {
  const query = new URLSearchParams({ passing: 'true', stale: 'true' });
  if (tag !== undefined) query.set('tag', tag);
  if (datacenter !== undefined) query.set('dc', datacenter);
  return query.toString();
}

async function credentials({
  settings,
  caFile,
}: CatalogueOptions): Promise<
  { readonly ok: true; readonly ca: string; readonly token: string } | { readonly ok: false; readonly sentence: string }
> {
  const ca = settings.caFile ?? caFile;
  try {
    return {
      ok: true,
      ca: ca === undefined ? '' : await readCredential(ca),
      token: settings.tokenFile === undefined ? '' : (await readCredential(settings.tokenFile)).trim(),
    };
  } catch (error) {
    return { ok: false, sentence: error instanceof Error ? error.message : errorCode(error) };
  }
}
