/** From a setting's value to links. */
import { isUnspecified, parseAddress } from '../../core/address.ts';
import type { Problem } from '../../core/problem.ts';
import type { Application, Evaluator, Link, Transport } from '../../network/model.ts';
import type { Endpoint } from './parse/endpoint.ts';
import { mask, parseEndpoints } from './parse/endpoint.ts';
import { schemeOf } from './parse/scheme.ts';
import type { Value } from './parse/value.ts';
import { hasUnknown, partOrigin, UNKNOWN } from './parse/value.ts';
import type { AgentFacts, LinkDraft } from './program.ts';
import { facts, noFacts } from './program.ts';

export interface DialOptions {
  readonly setting: string;
  /** As part of a sentence: `scrapes`, `exports traces to`. */
  readonly purpose: string;
  /** What is spoken; that of the URL's scheme when left out. */
  readonly application?: Application;
  readonly transport?: Transport;
  readonly plane?: Link['plane'];
  /** Where the text has no port: this, else the scheme's own. */
  readonly port?: number;
  /** The program's default port whatever the scheme: it wins over the scheme's (Elasticsearch clients dial 9200 for http://host). */
  readonly portWinsOverScheme?: boolean;
  /** False: a host name without a port is not enough. */
  readonly bare?: boolean;
  readonly evaluator?: Evaluator;
  readonly generic?: boolean;
  /** A port that is set elsewhere (`DB_PORT`). */
  readonly portValue?: Value | undefined;
}

/** The links that a value asks for. What cannot be evaluated is a link without a host, and a gap. */
export function dial(value: Value | undefined, options: DialOptions): AgentFacts {
  if (value === undefined || value.text.trim() === '') return noFacts;
  const endpoints = parseEndpoints(value.text, { bare: options.bare ?? true });
  const links = endpoints.flatMap((endpoint) => linkOf(value, endpoint, options));
  if (endpoints.length > 0)
    return facts({
      links,
      problems:
        links.length > 0 && endpoints.some(({ host, port }) => host === undefined || port === 'unknown')
          ? [gap(value, options.setting)]
          : [],
    });
  if (!hasUnknown(value.text)) return noFacts;
  return facts({ links: options.generic === true ? [] : [unknownLink(value, options)], problems: [gap(value, options.setting)] });
}

function linkOf(value: Value, endpoint: Endpoint, options: DialOptions): readonly LinkDraft[] {
  const scheme = endpoint.scheme === undefined ? undefined : schemeOf(endpoint.scheme);
  // A scheme that is no network address (unix, file, s3), or that we do not know.
  if (endpoint.scheme !== undefined && scheme === undefined) return [];
  if (endpoint.host !== undefined && isAnyAddress(endpoint.host)) return [];
  const part = value.text.slice(endpoint.from, endpoint.to);
  const written =
    endpoint.port === undefined
      ? readPortValue(options.portValue)
      : { port: endpoint.port, origin: partOrigin(value, endpoint.portFrom, endpoint.portTo) };
  const fallback = options.portWinsOverScheme === true ? (options.port ?? scheme?.port) : (scheme?.port ?? options.port);
  const port = written?.port === 'unknown' ? undefined : (written?.port ?? fallback);
  // SRV records name the ports of mongodb+srv.
  if (port === undefined && options.generic === true && written === undefined && endpoint.scheme !== 'mongodb+srv') return [];
  return [
    {
      evaluator: options.evaluator ?? 'container',
      raw: shown(part),
      host: endpoint.host,
      port,
      transport: options.transport ?? scheme?.transport ?? 'tcp',
      application: applicationOf(options.application, scheme?.application),
      plane: options.plane ?? 'data',
      purpose: options.purpose,
      setting: options.setting,
      origin: endpoint.from === 0 && endpoint.to === value.text.length ? value.origin : partOrigin(value, endpoint.from, endpoint.to),
      hostOrigin: partOrigin(value, endpoint.hostFrom, endpoint.hostTo),
      ...(written === undefined ? {} : { portOrigin: written.origin }),
      generic: options.generic ?? false,
    },
  ];
}

/** A program's own knowledge wins; a scheme that says more than "some TCP" wins over a program's `other`. */
function applicationOf(program: Application | undefined, scheme: Application | undefined): Application {
  if (program === 'http' && scheme === 'https') return 'https';
  return program === undefined || program === 'other' ? (scheme ?? program ?? 'other') : program;
}

function readPortValue(value: Value | undefined): { readonly port: number | 'unknown'; readonly origin: Link['origin'] } | undefined {
  if (value === undefined) return undefined;
  if (hasUnknown(value.text)) return { port: 'unknown', origin: value.origin };
  const port = portOf(value.text);
  return port === undefined ? undefined : { port, origin: value.origin };
}

export function portOf(text: string | undefined): number | undefined {
  const port = /^\s*\d{1,5}\s*$/.test(text ?? '') ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/** 0.0.0.0 and `::` are addresses to listen on; to dial one is no statement about whom. */
export function isAnyAddress(host: string): boolean {
  const address = parseAddress(host);
  return address !== undefined && isUnspecified(address);
}

function unknownLink(value: Value, options: DialOptions): LinkDraft {
  return {
    evaluator: options.evaluator ?? 'container',
    raw: shown(value.text),
    host: undefined,
    port: undefined,
    transport: options.transport ?? 'tcp',
    application: options.application ?? 'other',
    plane: options.plane ?? 'data',
    purpose: options.purpose,
    setting: options.setting,
    origin: value.origin,
    generic: options.generic ?? false,
  };
}

/** What may be shown: no passwords, and `…` for what we could not evaluate. */
function shown(text: string): string {
  return mask(text).replaceAll(UNKNOWN, '…');
}

export function gap(value: Value, setting: string): Problem {
  return {
    severity: 'gap',
    code: 'agent-setting-unknown',
    message: `${setting} "${shown(value.text)}" holds something whose value is not in the input`,
    hint: 'set it where the container is declared, or in the env file',
    origin: value.origin,
  };
}
