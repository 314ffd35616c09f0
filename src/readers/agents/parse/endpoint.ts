import { parseAddress } from '../../../core/address.ts';
import { UNKNOWN } from './value.ts';

/** A dialled thing inside of a text; `from`..`to` are offsets into that text. */
export interface Endpoint {
  readonly from: number;
  readonly to: number;
  readonly scheme: string | undefined;
  /** Without brackets; undefined when it holds something unknown. */
  readonly host: string | undefined;
  readonly hostFrom: number;
  readonly hostTo: number;
  /** Undefined when not written; `unknown` when written and not to be evaluated. */
  readonly port: number | 'unknown' | undefined;
  readonly portFrom: number;
  readonly portTo: number;
  /** From the first `/` behind the authority on. */
  readonly path: string;
}

const URL_START = /^(?:jdbc:)?([A-Za-z][A-Za-z0-9+.-]*):\/\//;
/** RFC 1123 names, with the underscores that Compose service names bring. */
const HOST_NAME = /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/;

/** True for host names and IP literals; a bare number is neither. */
export function isHost(text: string): boolean {
  if (text.includes(':')) return parseAddress(text) !== undefined;
  if (/^[\d.]+$/.test(text)) return parseAddress(text) !== undefined;
  return HOST_NAME.test(text);
}

/**
 * All endpoints of a text: one URL, `host:port`, a comma separated list of either, a URL with several hosts (MongoDB), a
 * libpq or Go-MySQL data source name. Empty unless the *whole* text is of such a form: precision before recall.
 * `bare` also takes a host name without a port.
 */
export function parseEndpoints(text: string, options: { readonly bare?: boolean } = {}): readonly Endpoint[] {
  const special = goMysql(text) ?? libpq(text);
  if (special !== undefined) return special;
  const found: Endpoint[] = [];
  for (const [from, to] of listParts(text)) {
    const parsed = parseOne(text, from, to, options.bare ?? false);
    if (parsed === undefined) return [];
    found.push(...parsed);
  }
  return found;
}

/** Splits at commas and semicolons between endpoints; commas inside one URL's authority stay. */
function listParts(text: string): readonly (readonly [number, number])[] {
  const isUrl = URL_START.test(text.trimStart());
  const separator = isUrl ? /\s*[,;]\s*(?=[A-Za-z][A-Za-z0-9+.-]*:\/\/)|\s+(?=[A-Za-z][A-Za-z0-9+.-]*:\/\/)/g : /\s*[,;]\s*|\s+/g;
  const parts: (readonly [number, number])[] = [];
  let from = text.length - text.trimStart().length;
  const end = text.trimEnd().length;
  for (const match of text.matchAll(separator)) {
    if (match.index < from || match.index >= end) continue;
    parts.push([from, match.index]);
    from = match.index + match[0].length;
  }
  if (from < end) parts.push([from, end]);
  return parts;
}

function parseOne(text: string, from: number, to: number, bare: boolean): readonly Endpoint[] | undefined {
  const part = text.slice(from, to);
  if (/[\s"'<>\\{}|^`]/.test(part)) return undefined;
  const start = URL_START.exec(part);
  if (start === null && part.startsWith('jdbc:')) return oracle(part, from, to);
  const scheme = start?.[1]?.toLowerCase();
  const authorityFrom = start?.[0].length ?? 0;
  const rest = part.slice(authorityFrom);
  const authorityLength = authorityEnd(rest, scheme);
  const path = rest.slice(authorityLength);
  const userInfo = rest.slice(0, authorityLength).lastIndexOf('@') + 1;
  const hosts: Endpoint[] = [];
  let at = from + authorityFrom + userInfo;
  for (const host of rest.slice(userInfo, authorityLength).split(',')) {
    const parsed = hostAndPort(host, at, scheme !== undefined || bare);
    if (parsed === undefined) return undefined;
    hosts.push({ ...parsed, from, to, scheme, path });
    at += host.length + 1;
  }
  return hosts;
}

/** RFC 3986 §3.2: the authority ends at `/`, `?` or `#`; passwords of data source names hold those unescaped all the same. */
function authorityEnd(rest: string, scheme: string | undefined): number {
  // nginx puts a variable that begins with a slash right behind the port: `proxy_pass http://write:3100$request_uri`.
  const beforeVariable = /^[\w.-]+:\d{1,5}(?=\$[^@]*$)/.exec(rest);
  if (beforeVariable !== null) return beforeVariable[0].length;
  const end = rest.search(/[/?#;]/);
  if (end === -1) return rest.length;
  if (scheme === undefined || scheme.startsWith('http') || scheme.startsWith('ws')) return end;
  const query = rest.indexOf('?');
  const at = rest.slice(0, query === -1 ? rest.length : query).lastIndexOf('@');
  if (at < end) return end;
  const later = rest.slice(at).search(/[/?#;]/);
  return later === -1 ? rest.length : at + later;
}

type Place = Pick<Endpoint, 'host' | 'hostFrom' | 'hostTo' | 'port' | 'portFrom' | 'portTo'>;

function hostAndPort(text: string, at: number, portOptional: boolean): Place | undefined {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([^:]*))?$/.exec(text);
  if (match === null) return undefined;
  const bracketed = match[1] !== undefined;
  const name = (match[1] ?? match[2] ?? '').replace(/%.*$/, '');
  const hostFrom = at + (bracketed ? 1 : 0);
  const hostTo = hostFrom + name.length;
  const host = name.includes(UNKNOWN) ? undefined : name;
  if (host !== undefined && (bracketed ? parseAddress(host)?.family !== 6 : !isHost(host))) return undefined;
  if (match[3] === undefined)
    return portOptional ? { host, hostFrom, hostTo, port: undefined, portFrom: hostTo, portTo: hostTo } : undefined;
  const portFrom = at + text.length - match[3].length;
  const port = readPort(match[3]);
  return port === undefined ? undefined : { host, hostFrom, hostTo, port, portFrom, portTo: portFrom + match[3].length };
}

function readPort(text: string): number | 'unknown' | undefined {
  if (text.includes(UNKNOWN)) return 'unknown';
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/** `user:password@tcp(db:3306)/name?parse=1` of Go's MySQL driver. */
function goMysql(text: string): readonly Endpoint[] | undefined {
  const match = /^(?:[^@\s]*@)?(tcp|udp)\(([^()\s]+)\)\/\S*$/.exec(text);
  if (match === null) return undefined;
  const at = text.indexOf('(') + 1;
  const place = hostAndPort(match[2] ?? '', at, true);
  return place === undefined ? [] : [{ ...place, from: 0, to: text.length, scheme: 'mysql', path: '' }];
}

/** `host=db port=5432 user=app` (PostgreSQL, libpq §34.1.1). */
function libpq(text: string): readonly Endpoint[] | undefined {
  if (!/^\s*\w+\s*=\s*\S/.test(text) || !/(?:^|\s)host\s*=/.test(text)) return undefined;
  const host = /(?:^|\s)host\s*=\s*([^\s']+)/.exec(text);
  const port = /(?:^|\s)port\s*=\s*(\S+)/.exec(text);
  const name = host?.[1] ?? '';
  if (host === null || name.startsWith('/') || !(isHost(name) || name.includes(UNKNOWN))) return [];
  const hostFrom = host.index + host[0].length - name.length;
  const portText = port?.[1] ?? '';
  const portFrom = port === null ? hostFrom : port.index + port[0].length - portText.length;
  return [
    {
      from: 0,
      to: text.length,
      scheme: 'postgres',
      host: name.includes(UNKNOWN) ? undefined : name,
      hostFrom,
      hostTo: hostFrom + name.length,
      port: port === null ? undefined : readPort(portText),
      portFrom,
      portTo: portFrom + portText.length,
      path: '',
    },
  ];
}

/** `jdbc:oracle:thin:@//host:1521/service` and `@host:1521:sid`. */
function oracle(part: string, from: number, to: number): readonly Endpoint[] | undefined {
  const match = /^jdbc:oracle:\w+:(?:[^@]*)@(?:\/\/)?([^:/]+:\d+)(?:[:/].*)?$/.exec(part);
  if (match === null) return undefined;
  const place = hostAndPort(match[1] ?? '', from + part.indexOf(match[1] ?? '', part.indexOf('@')), false);
  return place === undefined ? undefined : [{ ...place, from, to, scheme: 'oracle', path: '' }];
}

/** The text without user names, passwords and tokens: what may be shown. */
export function mask(text: string): string {
  return text
    .replaceAll(/(:\/\/)((?:(?!:\/\/)[^\s/?#,])*)@/g, '$1***@')
    .replaceAll(/^(?!.*:\/\/)[^\s@(]*@(?=(?:tcp|udp)\()/g, '***@')
    .replaceAll(/^((?:jdbc:)?(?!https?:|wss?:)[A-Za-z][A-Za-z0-9+.-]*:\/\/)[^\s?]*@/g, '$1***@')
    .replaceAll(/(\w*(?:password|passwd|pwd|token|secret|api[-_]?key|access[-_]?key|credential)\w*\s*=\s*)[^\s&;,]+/gi, '$1***')
    .replaceAll(/^(jdbc:oracle:\w+:)[^@]+@/g, '$1***@');
}
