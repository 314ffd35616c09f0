/** What is to be scraped: from the settings, and from lists as file_sd and http_sd of Prometheus have them. */
import * as z from 'zod';
import type { Labels } from '../../../core/labels.ts';

export interface Target {
  readonly url: URL;
  /** `job`, `instance`, and those of the target. */
  readonly labels: Labels;
}

const groups = z
  .array(
    z.object({
      targets: z.array(z.string().min(1).max(1_024)).max(100_000),
      labels: z.record(z.string(), z.string()).nullish(),
    }),
  )
  .max(100_000);

export type ReadTargets = { readonly ok: true; readonly targets: readonly Target[] } | { readonly ok: false; readonly reason: string };

export function instanceOf(url: URL): string {
  return url.port === '' ? `${url.hostname}:${url.protocol === 'https:' ? 443 : 80}` : url.host;
}

/** For people and logs: a URL may hold a password. */
export const shown = (url: URL): string => `${url.origin}${url.pathname}`;

export function targetOf(url: URL, job: string, labels: Labels): Target {
  return { url, labels: { job, instance: instanceOf(url), ...labels } };
}

/** Reads a list of target groups (prometheus.io/docs/prometheus/latest/http_sd). */
export function readTargets(text: string, job: string): ReadTargets {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
  const parsed = groups.safeParse(value);
  if (!parsed.success) return { ok: false, reason: z.prettifyError(parsed.error).split('\n')[0] ?? 'no list of targets' };
  const targets: Target[] = [];
  for (const { targets: addresses, labels } of parsed.data) {
    for (const address of addresses) {
      const target = listed(address, labels ?? {}, job);
      if (target === undefined) return { ok: false, reason: `"${address}" is no HOST:PORT` };
      targets.push(target);
    }
  }
  return { ok: true, targets };
}

/** Labels that begin with `__` are for Prometheus itself: three of them say what to ask, the others are not passed on. */
function listed(address: string, labels: Labels, job: string): Target | undefined {
  const path = labels.__metrics_path__ ?? '/metrics';
  const text = `${labels.__scheme__ ?? 'http'}://${address}${path.startsWith('/') ? path : `/${path}`}`;
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  for (const [name, value] of Object.entries(labels))
    if (name.startsWith('__param_')) url.searchParams.set(name.slice('__param_'.length), value);
  const kept = Object.entries(labels).filter(([name]) => !name.startsWith('__'));
  return { url, labels: { job, instance: address, ...Object.fromEntries(kept) } };
}

/** The same target is asked on without a break when a list is read anew. */
export const targetKey = ({ url, labels }: Target): string => `${url.href} ${JSON.stringify(Object.entries(labels).sort())}`;
