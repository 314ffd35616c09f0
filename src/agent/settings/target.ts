/** Where a link leads, as people write it: `kafka:9092`, `[2001:db8::7]:4317`, `https://logs.example.org/health`. */
import * as z from 'zod';
import { parseAddress } from '../../core/address.ts';

export interface LinkTarget {
  /** As written, without credentials: this is what is shown and reported. */
  readonly text: string;
  /** A name or an IP literal without brackets. */
  readonly host: string;
  readonly port: number;
  /** Whole, credentials included; undefined for HOST:PORT. */
  readonly url: string | undefined;
}

const defaultPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };
/** RFC 1123 section 2.1 with the underscore that Docker and Windows names have. */
const hostName = /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?$/;

export function parseTarget(text: string): LinkTarget | undefined {
  return text.includes('://') ? parseUrl(text) : parseHostPort(text);
}

function parseUrl(text: string): LinkTarget | undefined {
  const url = URL.parse(text);
  const fallback = defaultPorts[url?.protocol ?? ''];
  if (url === null || fallback === undefined || url.hostname === '') return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const shown = url.username === '' && url.password === '' ? text : `${url.protocol}//${url.host}${url.pathname}${url.search}`;
  return { text: shown, host, port: url.port === '' ? fallback : Number(url.port), url: url.href };
}

function parseHostPort(text: string): LinkTarget | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? '';
  const port = Number(digits);
  const valid = bracketed === undefined ? hostName.test(host) : parseAddress(host)?.family === 6;
  return valid && port >= 1 && port <= 65_535 ? { text, host, port, url: undefined } : undefined;
}

export const linkTarget = () =>
  z
    .string()
    .meta({ format: 'host:port or URL' })
    .transform((text, context): LinkTarget => {
      const target = parseTarget(text);
      if (target !== undefined) return target;
      context.addIssue({
        code: 'custom',
        message: `"${text}" leads nowhere; write HOST:PORT or an http(s) URL, for example "kafka-1.example.org:9092"`,
      });
      return z.NEVER;
    });
