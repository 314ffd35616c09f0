/** The environment profile as people state it, on the command line and in the settings file. One table for both. */

import { nearest } from '../core/nearest.ts';
import type { Origin } from '../core/origin.ts';
import type { EngineVersion, Environment } from '../network/environment.ts';
import { engineVersions, hostFirewalls, platforms } from '../network/environment.ts';
import { declared } from '../network/fact.ts';

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string; readonly hint: string };

export interface ProfileField {
  /** As on the command line, without the dashes. */
  readonly flag: string;
  /** As in the settings file. */
  readonly key: string;
  readonly placeholder: string;
  readonly description: string;
  readonly example: string;
  /** What the flag means without a value; undefined where it needs one. */
  readonly alone?: string;
  readonly parse: (text: string, origin: Origin) => Parsed<Partial<Environment>>;
}

export const profileFields: readonly ProfileField[] = [
  {
    flag: 'docker',
    key: 'docker',
    placeholder: 'VERSION',
    description: 'version of the Docker engine; 20.10 to 29 differ in what they let through',
    example: '28.5.2',
    parse: (text, origin) => mapped(parseEngineVersion(text), (engine) => ({ engine: declared(engine, origin) })),
  },
  {
    flag: 'platform',
    key: 'platform',
    placeholder: 'NAME',
    description: 'linux for a native engine, desktop for Docker Desktop',
    example: 'linux',
    parse: (text, origin) => mapped(oneOf(platforms, text), (platform) => ({ platform: declared(platform, origin) })),
  },
  {
    flag: 'rootless',
    key: 'rootless',
    placeholder: 'yes|no',
    description: 'whether the engine runs rootless',
    example: 'no',
    alone: 'yes',
    parse: (text, origin) => mapped(parseSwitch(text), (rootless) => ({ rootless: declared(rootless, origin) })),
  },
  {
    flag: 'userland-proxy',
    key: 'userlandProxy',
    placeholder: 'on|off',
    description: 'docker-proxy beside the NAT rules (userland-proxy in daemon.json); on unless stated',
    example: 'off',
    parse: (text, origin) => mapped(parseSwitch(text), (value) => ({ userlandProxy: declared(value, origin) })),
  },
  {
    flag: 'host-firewall',
    key: 'hostFirewall',
    placeholder: 'KIND',
    description: "what the host's firewall does with connections from containers to the host: open, drop, reject or reject-prohibited",
    example: 'drop',
    parse: (text, origin) => mapped(oneOf(hostFirewalls, text), (value) => ({ hostFirewall: declared(value, origin) })),
  },
  {
    flag: 'host-mtu',
    key: 'hostMtu',
    placeholder: 'BYTES',
    description: 'MTU of the path that leaves the host; 1500 unless stated',
    example: '1420',
    parse: (text, origin) => mapped(parseMtu(text), (value) => ({ hostMtu: declared(value, origin) })),
  },
];

const ok = <T>(value: T): Parsed<T> => ({ ok: true, value });
const wrong = (problem: string, hint: string): Parsed<never> => ({ ok: false, problem, hint });

function mapped<T, U>(parsed: Parsed<T>, change: (value: T) => U): Parsed<U> {
  return parsed.ok ? ok(change(parsed.value)) : parsed;
}

function oneOf<T extends string>(allowed: readonly T[], text: string): Parsed<T> {
  const found = allowed.find((value) => value === text.toLowerCase());
  if (found !== undefined) return ok(found);
  const near = nearest(text, allowed);
  return wrong(
    `"${text}" is not one of ${allowed.join(', ')}`,
    near === undefined ? `write one of ${allowed.join(', ')}` : `did you mean "${near}"?`,
  );
}

function parseSwitch(text: string): Parsed<boolean> {
  const word = text.toLowerCase();
  if (['on', 'yes', 'true', '1'].includes(word)) return ok(true);
  if (['off', 'no', 'false', '0'].includes(word)) return ok(false);
  return wrong(`"${text}" is neither on nor off`, 'write on or off');
}

/**
 * `28.5.2`, `27.x`, `v26`, `24` → the generation whose networking it has. The generations are those whose behaviour differs
 * (docs/reference/profiles.md): 23 to 25 route and filter as 20.10 does, and what comes after 29 is taken as 29.
 */
export function parseEngineVersion(text: string): Parsed<EngineVersion> {
  const match = /^v?(\d{1,3})(?:\.(\d{1,3}|x))?(?:[.+~-].*)?$/i.exec(text.trim());
  const hint = `write a version such as 20.10, 26, 27.x or 28.5.2; known generations are ${engineVersions.join(', ')}`;
  if (match === null) return wrong(`"${text}" is not a version of the Docker engine`, hint);
  const major = Number(match[1]);
  if (major < 20 || (major === 20 && Number(match[2] ?? 10) < 10))
    return wrong(`Docker ${text} is older than 20.10, the oldest that is modelled`, hint);
  if (major < 26) return ok('20.10');
  return ok(engineVersions.findLast((version) => Number.parseInt(version, 10) <= major) ?? '29');
}

function parseMtu(text: string): Parsed<number> {
  const value = /^\d{2,5}$/.test(text) ? Number(text) : Number.NaN;
  // 68 is the smallest MTU of IPv4 (RFC 791 §3.2), 65535 its largest packet.
  if (value >= 68 && value <= 65_535) return ok(value);
  return wrong(`"${text}" is not an MTU`, 'write bytes between 68 and 65535, for example 1450');
}
