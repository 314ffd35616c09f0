/** What every command does that asks a server: find it, ask, and print JSON or what people read. */
import type { Api } from './api.ts';
import { createApi } from './api.ts';
import type { Arguments } from './command.ts';
import { readContext } from './context.ts';
import type { Io } from './io.ts';

export function apiFor(args: Arguments, io: Io): Api {
  return createApi(readContext(args, io.env));
}

/** With --json, what the API answered; otherwise what `text` makes of it. */
export async function show<T>(answer: T, args: Arguments, io: Io, text: (answer: T) => string): Promise<number> {
  await io.print(args.has('json') ? `${JSON.stringify(answer, undefined, 2)}\n` : text(answer));
  return 0;
}

/** All pages of a list: the entries under `key`, and the rest of the last page. */
export async function allPages<T>(
  api: Api,
  path: string,
  key: string,
): Promise<{ readonly entries: readonly T[]; readonly last: Readonly<Record<string, unknown>> }> {
  const entries: T[] = [];
  for (let after: string | undefined; ; ) {
    const separator = path.includes('?') ? '&' : '?';
    const url = `${path}${separator}limit=1000${after === undefined ? '' : `&after=${encodeURIComponent(after)}`}`;
    // The API's answers have the shapes of its OpenAPI document, which both sides are made from.
    const page = (await api.call('GET', url)) as Readonly<Record<string, unknown>>;
    entries.push(...(page[key] as readonly T[]));
    if (typeof page.next !== 'string') return { entries, last: page };
    after = page.next;
  }
}

/** `?a=b&c=d` of what is set; the empty text when nothing is. */
export function queryOf(values: Readonly<Record<string, string | undefined>>): string {
  const set = Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${encodeURIComponent(value)}`]));
  return set.length === 0 ? '' : `?${set.join('&')}`;
}
