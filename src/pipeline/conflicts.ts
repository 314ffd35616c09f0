/** What each part of a pipeline allows and the parts together do not: found in the settings, before anything is opened. */
import { resolve } from 'node:path';
import type { SinkSettings, SourceSettings, TransformSettings } from './settings.ts';
import { selectionOf } from './tail/selection.ts';

export interface Conflict {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export interface Parts {
  readonly sources: Readonly<Record<string, SourceSettings>>;
  readonly transforms: Readonly<Record<string, TransformSettings>>;
  readonly sinks: Readonly<Record<string, SinkSettings>>;
  /** Left out: everything goes everywhere. */
  readonly routes?:
    | readonly { readonly from: readonly string[]; readonly through: readonly string[]; readonly to: readonly string[] }[]
    | undefined;
}

export const conflictsIn = (parts: Parts): readonly Conflict[] => [
  ...sharedPorts(parts),
  ...sharedFiles(parts),
  ...loops(parts),
  ...withoutMetrics(parts),
];

function sharedPorts({ sources }: Parts): readonly Conflict[] {
  const taken = new Map<string, string>();
  return Object.entries(sources).flatMap(([name, source]) =>
    listeners(source).flatMap(({ key, transport, address }): readonly Conflict[] => {
      const path = ['sources', name, ...key];
      const place = `${transport} ${address}`;
      const other = taken.get(place);
      taken.set(place, `sources.${name}.${key.join('.')}`);
      return other === undefined ? [] : [{ path, message: `${other} listens on ${address} already; two cannot share a port` }];
    }),
  );
}

interface Listener {
  readonly key: readonly string[];
  readonly transport: 'tcp' | 'udp';
  readonly address: string;
}

function listeners(source: SourceSettings): readonly Listener[] {
  const one = (transport: Listener['transport'], key: readonly string[], address: unknown): readonly Listener[] =>
    address === undefined ? [] : [{ key, transport, address: addressText(address) }];
  switch (source.type) {
    case 'http':
    case 'forward':
      return one('tcp', ['listen'], source.listen);
    case 'otlp':
      return [...one('tcp', ['http'], source.http), ...one('tcp', ['grpc'], source.grpc)];
    case 'syslog':
      return [...one('udp', ['udp'], source.udp), ...one('tcp', ['tcp'], source.tcp), ...one('tcp', ['tls', 'listen'], source.tls?.listen)];
    default:
      return [];
  }
}

/** As it is written, or taken apart. */
function addressText(address: unknown): string {
  if (typeof address !== 'object' || address === null || !('port' in address)) return String(address);
  return `${'host' in address ? (address.host ?? '') : ''}:${address.port}`;
}

function sharedFiles({ sinks }: Parts): readonly Conflict[] {
  const taken = new Map<string, string>();
  return Object.entries(sinks).flatMap(([name, sink]): readonly Conflict[] => {
    if (sink.type !== 'file') return [];
    const path = resolve(sink.path);
    const other = taken.get(path);
    taken.set(path, name);
    return other === undefined
      ? []
      : [{ path: ['sinks', name, 'path'], message: `the sink "${other}" writes to this file; two cannot share one` }];
  });
}

/** A source that reads what its own records are written to goes round until the disk is full. */
function loops(parts: Parts): readonly Conflict[] {
  return Object.entries(parts.sources).flatMap(([name, source]): readonly Conflict[] => {
    if (source.type !== 'file') return [];
    const selection = selectionOf({
      path: source.path ?? [],
      pathRegex: source.pathRegex === undefined ? undefined : new RegExp(source.pathRegex),
      exclude: source.exclude,
    });
    return reached(parts, name).flatMap((to): readonly Conflict[] => {
      const sink = parts.sinks[to];
      if (sink?.type !== 'file') return [];
      const writes = resolve(sink.path.replaceAll('{source}', name).replaceAll(/\{[^{}]*\}/g, 'any'));
      if (!selection.covers(writes)) return [];
      return [
        {
          path: ['sources', name, 'path'],
          message: `it reads ${writes}, which its own records are written to by the sink "${to}": they would go round for ever; exclude it, or write elsewhere`,
        },
      ];
    });
  });
}

function reached({ routes, sinks }: Parts, source: string): readonly string[] {
  if (routes === undefined) return Object.keys(sinks);
  return [...new Set(routes.flatMap(({ from, to }) => (from.includes(source) ? to : [])))];
}

const makingMetrics: ReadonlySet<SourceSettings['type']> = new Set(['host-metrics', 'prometheus-scrape', 'otlp']);

/** A sink of metrics alone that gets nothing but logs would do nothing, and say nothing. */
function withoutMetrics({ sources, transforms, sinks, routes }: Parts): readonly Conflict[] {
  const ways = routes ?? [{ from: Object.keys(sources), through: Object.keys(transforms), to: Object.keys(sinks) }];
  return Object.entries(sinks).flatMap(([name, sink]): readonly Conflict[] => {
    const leading = ways.filter(({ to, from }) => to.includes(name) && from.length > 0);
    if (sink.type !== 'prometheus-remote-write' || leading.length === 0) return [];
    const some = leading.some(
      ({ from, through }) =>
        from.some((one) => sources[one] !== undefined && makingMetrics.has(sources[one].type)) ||
        through.some((one) => transforms[one]?.type === 'aggregate'),
    );
    return some
      ? []
      : [
          {
            path: ['sinks', name],
            message: 'it takes metrics only, and all that is routed to it are logs; put an aggregate transform before it',
          },
        ];
  });
}
