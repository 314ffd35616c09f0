/** What runs for given settings, and what has to change for other ones. Pure. */
import type { PipelineSettings, RouteSettings, SinkSettings, SourceSettings, TransformSettings } from '../settings.ts';

export interface Named<T> {
  readonly name: string;
  readonly settings: T;
}

export interface PlannedRoute {
  /** The same for a route that means the same: it keeps what its transforms remember. */
  readonly key: string;
  readonly from: readonly string[];
  readonly when?: string;
  readonly otherwise: boolean;
  readonly through: readonly Named<TransformSettings>[];
  readonly to: readonly string[];
}

export interface Plan {
  readonly sources: readonly Named<SourceSettings>[];
  readonly sinks: readonly Named<SinkSettings>[];
  readonly routes: readonly PlannedRoute[];
}

/** The settings were validated: every name that a route mentions exists. */
export function planOf(settings: PipelineSettings): Plan {
  const routes = settings.routes ?? [everything(settings)];
  return {
    sources: named(settings.sources),
    sinks: named(settings.sinks),
    routes: routes.map((route) => planned(route, settings)),
  };
}

/** Without routes every source goes through every transform, in the order in which they are written, to every sink. */
export function everything({ sources, transforms, sinks }: PipelineSettings): RouteSettings {
  return { from: Object.keys(sources), through: Object.keys(transforms), to: Object.keys(sinks), otherwise: false };
}

function planned(route: RouteSettings, { transforms }: PipelineSettings): PlannedRoute {
  const through = route.through.flatMap((name) => {
    const settings = transforms[name];
    return settings === undefined ? [] : [{ name, settings }];
  });
  const { from, when, otherwise, to } = route;
  return {
    from,
    otherwise,
    to,
    through,
    ...(when === undefined ? {} : { when }),
    key: JSON.stringify([route.from, route.when, route.otherwise, route.through, route.to]),
  };
}

function named<T>(record: Readonly<Record<string, T>>): readonly Named<T>[] {
  return Object.entries(record).map(([name, settings]) => ({ name, settings }));
}

export interface Change<T> {
  readonly kept: readonly Named<T>[];
  readonly added: readonly Named<T>[];
  readonly changed: readonly Named<T>[];
  readonly removed: readonly string[];
}

export function changeOf<T>(before: readonly Named<T>[], after: readonly Named<T>[]): Change<T> {
  const old = new Map(before.map((one) => [one.name, JSON.stringify(one.settings)]));
  const names = new Set(after.map(({ name }) => name));
  const same = (one: Named<T>) => old.get(one.name) === JSON.stringify(one.settings);
  return {
    kept: after.filter((one) => old.has(one.name) && same(one)),
    changed: after.filter((one) => old.has(one.name) && !same(one)),
    added: after.filter(({ name }) => !old.has(name)),
    removed: before.filter(({ name }) => !names.has(name)).map(({ name }) => name),
  };
}
