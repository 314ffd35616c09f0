/** The files of an offered configuration → sections, or what is wrong with them. Pure; nothing is changed before all is valid. */
import { parse } from 'yaml';
import type * as z from 'zod';
import { readSettings } from '../../config/read.ts';
import { formatOrigin } from '../../core/origin.ts';
import { SourceText } from '../../core/text.ts';
import type { ConfigFile } from '../connection/connection.ts';

export type Sections = Readonly<Record<string, unknown>>;

export type Offer =
  /** `parsed`: as the parts take them. `written`: as somebody wrote them, for the effective configuration. */
  | { readonly ok: true; readonly parsed: Sections; readonly written: Sections }
  | { readonly ok: false; readonly problems: readonly string[] };

export interface OfferRules {
  /** The sections that a server may change, all optional. */
  readonly remoteSchema: z.ZodType;
  /** All sections that an agent has: naming one that is not for servers is another mistake than a misspelt one. */
  readonly sections: readonly string[];
}

const maxFiles = 64;
const contentTypes = ['', 'text/yaml', 'text/x-yaml', 'application/yaml', 'application/x-yaml', 'application/json', 'text/plain'];

export function readOffer(files: readonly ConfigFile[], rules: OfferRules): Offer {
  if (files.length > maxFiles) return { ok: false, problems: [`${files.length} files; at most ${maxFiles} are read`] };
  const problems: string[] = [];
  const parsed: Record<string, unknown> = {};
  const written: Record<string, unknown> = {};
  const placed = new Map<string, string>();
  for (const file of files) {
    // The map's key may be empty when there is one file only (opamp-spec, AgentConfigMap).
    const name = file.name === '' ? 'configuration' : file.name;
    const one = readFile(name, file, rules);
    if (!one.ok) {
      problems.push(...one.problems);
      continue;
    }
    for (const section of Object.keys(one.written)) {
      const other = placed.get(section);
      if (other !== undefined) problems.push(`${name} section "${section}" is in ${other} too; write it once`);
      placed.set(section, name);
      parsed[section] = one.parsed[section];
      written[section] = one.written[section];
    }
  }
  return problems.length === 0 ? { ok: true, parsed, written } : { ok: false, problems };
}

function readFile(name: string, { contentType, body }: ConfigFile, { remoteSchema, sections }: OfferRules): Offer {
  const wrong = (problem: string): Offer => ({ ok: false, problems: [`${name} ${problem}`] });
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (!contentTypes.includes(type)) return wrong(`is of the type "${contentType}"; YAML or JSON is read`);
  const text = decode(body);
  if (text === undefined) return wrong('is not UTF-8');
  const read = readSettings(remoteSchema, new SourceText(name, text));
  if (!read.ok) {
    return {
      ok: false,
      problems: read.problems.map(({ origin, message, hint }) => {
        const [, key] = /^unknown key "([^"]+)"$/.exec(message) ?? [];
        if (key !== undefined && sections.includes(key))
          return `${formatOrigin(origin)} "${key}" is not for a server to change; it belongs into the agent's own file`;
        return `${formatOrigin(origin)} ${message}${hint === '' ? '' : `; ${hint}`}`;
      }),
    };
  }
  const written = objectOf(parse(text));
  const parsed = objectOf(read.value);
  // A definition fills in sections that were left out; only those that are there are the server's wish.
  return { ok: true, written, parsed: Object.fromEntries(Object.keys(written).map((section) => [section, parsed[section]])) };
}

function decode(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  // An empty file is no object, and asks for nothing; anything else that is none did not pass the definition.
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** For RemoteConfigStatus.error_message: enough to mend it, not a book. */
export function problemText(problems: readonly string[]): string {
  const shown = problems.slice(0, 10).map((problem) => (problem.length > 500 ? `${problem.slice(0, 499)}…` : problem));
  const rest = problems.length - shown.length;
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n');
}
