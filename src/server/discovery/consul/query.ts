/** The query arguments of Consul's API, which clients write in several ways. */
import { parseDuration } from '../../../core/duration.ts';

export interface Query {
  /** 0: do not block. */
  readonly index: number;
  readonly waitMs: number;
  readonly tags: readonly string[];
  /** `key:value`, all of which must hold. */
  readonly nodeMeta: readonly (readonly [string, string])[];
  readonly datacenter: string;
  readonly passing: boolean;
  readonly filter: string;
  readonly pretty: boolean;
  readonly token: string | undefined;
  readonly args: URLSearchParams;
}

export type ReadQuery = { readonly ok: true; readonly query: Query } | { readonly ok: false; readonly problem: string };

/** Consul's default and maximum (website/content/api-docs/features/blocking.mdx). */
const defaultWaitMs = 300_000;
const longestWaitMs = 600_000;

/** A flag is set by being there (`?stale`, `?stale=`), unless it says that it is not (`?passing=false`). */
const isSet = (args: URLSearchParams, name: string): boolean => args.has(name) && !['0', 'false'].includes(args.get(name) ?? '');

export function readQuery(args: URLSearchParams): ReadQuery {
  const index = args.get('index') ?? '';
  if (!/^\d{0,19}$/.test(index)) return { ok: false, problem: 'Invalid index' };
  const wait = args.get('wait') ?? '';
  const waitMs = wait === '' ? defaultWaitMs : parseDuration(wait);
  if (waitMs === undefined) return { ok: false, problem: 'Invalid wait time' };
  for (const enterprise of ['ns', 'partition', 'sg'])
    if (!['', 'default'].includes(args.get(enterprise) ?? ''))
      return {
        ok: false,
        problem: `Invalid query parameter: "${enterprise}" - Namespaces, partitions and sameness groups do not exist here`,
      };
  const nodeMeta = args.getAll('node-meta').map((pair): [string, string] => {
    const colon = pair.indexOf(':');
    return colon === -1 ? [pair, ''] : [pair.slice(0, colon), pair.slice(colon + 1)];
  });
  return {
    ok: true,
    query: {
      index: Number(index),
      waitMs: Math.min(waitMs === 0 ? defaultWaitMs : waitMs, longestWaitMs),
      tags: args.getAll('tag').filter((tag) => tag !== ''),
      nodeMeta,
      datacenter: args.get('dc') ?? '',
      passing: isSet(args, 'passing'),
      filter: args.get('filter') ?? '',
      pretty: isSet(args, 'pretty'),
      token: args.get('token') ?? undefined,
      args,
    },
  };
}
