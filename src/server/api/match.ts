/** From a method and a path to the route that answers. */
import type { Refused } from '../http/exchange.ts';
import type { Route } from './route.ts';

export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

export interface NoMatch extends Refused {
  /** Methods that the path has: RFC 9110 section 15.5.6 wants them told with a 405. */
  readonly allow?: readonly string[];
}

/** 404 when no path fits, 405 when only the method does not. The first route that fits answers. */
export function matcher(routes: readonly Route[]): (method: string, url: string) => Match | NoMatch {
  const patterns = routes.map((one) => ({
    one,
    pattern: new RegExp(`^${one.definition.path.replaceAll('.', '\\.').replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
  }));
  return (method, url) => {
    const path = url.split('?', 1)[0] ?? '/';
    const allow: string[] = [];
    for (const { one, pattern } of patterns) {
      const match = pattern.exec(path);
      if (match === null) continue;
      if (one.definition.method !== method) {
        allow.push(one.definition.method);
        continue;
      }
      const params = decoded(match.groups ?? {});
      if (params !== undefined) return { route: one, params };
      return { status: 400, code: 'path', message: `${shown(path)} is not percent-encoded UTF-8 (RFC 3986 section 2.1)` };
    }
    if (allow.length > 0)
      return { status: 405, code: 'method', message: `${method} is not for ${shown(path)}`, hint: `use ${allow.join(' or ')}`, allow };
    return {
      status: 404,
      code: 'path',
      message: `there is nothing at ${shown(path)}`,
      hint: 'GET /v1/openapi.json lists what there is',
    };
  };
}

const shown = (path: string): string => (path.length > 200 ? `${path.slice(0, 199)}…` : path);

function decoded(groups: Readonly<Record<string, string>>): Readonly<Record<string, string>> | undefined {
  try {
    return Object.fromEntries(Object.entries(groups).map(([key, value]) => [key, decodeURIComponent(value)]));
  } catch {
    return undefined;
  }
}
