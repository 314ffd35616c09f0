/**
 * Labels and selectors. The language is that of Kubernetes' equality- and set-based selectors:
 * `env=prod,role!=canary,region in (eu, us),tier notin (test),gpu,!spot`; the empty text selects everything.
 */
export type Labels = Readonly<Record<string, string>>;

export type Requirement =
  | { readonly key: string; readonly operator: 'in' | 'notin'; readonly values: readonly string[] }
  | { readonly key: string; readonly operator: 'exists' | 'absent' };

/** All requirements must hold. */
export type Selector = readonly Requirement[];

/** Label keys: as Prometheus and OpenTelemetry name things; a slash or dot for a prefix. At most 128 characters. */
export const labelKey = /^[A-Za-z_][A-Za-z0-9_./-]{0,127}$/;
/** At most 256 characters, no control characters, none of the selector's own. */
export const labelValue = /^[^\p{Cc},()=!]{0,256}$/u;

export function matches(selector: Selector, labels: Labels): boolean {
  return selector.every((requirement) => holds(requirement, labels));
}

function holds(requirement: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  switch (requirement.operator) {
    case 'in':
      return value !== undefined && requirement.values.includes(value);
    case 'notin':
      // Like Kubernetes: what has no such label is not in the set.
      return value === undefined || !requirement.values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
    default:
      return requirement satisfies never;
  }
}

export type ParsedSelector =
  | { readonly ok: true; readonly selector: Selector }
  | { readonly ok: false; readonly problem: string; readonly offset: number };

const pattern =
  /^\s*(?:(?<not>!)\s*(?<absent>[^\s=!,()]+)|(?<key>[^\s=!,()]+)\s*(?:(?<equals>==?|!=)\s*(?<value>[^,()=!]*?)|(?<set>in|notin)\s*\((?<values>[^()]*)\))?)\s*(?:,|$)/;

export function parseSelector(text: string): ParsedSelector {
  const selector: Requirement[] = [];
  let offset = 0;
  while (text.slice(offset).trim() !== '') {
    const rest = text.slice(offset);
    const groups = pattern.exec(rest)?.groups;
    const key = groups?.absent ?? groups?.key;
    if (groups === undefined || key === undefined)
      return { ok: false, problem: `"${rest.trim()}" is no requirement`, offset: offset + rest.length - rest.trimStart().length };
    if (!labelKey.test(key)) return { ok: false, problem: `"${key}" is no label key`, offset: offset + rest.indexOf(key) };
    selector.push(requirementOf(key, groups));
    offset += pattern.exec(rest)?.[0].length ?? rest.length;
  }
  return { ok: true, selector };
}

function requirementOf(key: string, groups: Readonly<Record<string, string | undefined>>): Requirement {
  if (groups.absent !== undefined) return { key, operator: 'absent' };
  if (groups.equals !== undefined) return { key, operator: groups.equals === '!=' ? 'notin' : 'in', values: [groups.value ?? ''] };
  if (groups.set === 'in' || groups.set === 'notin')
    return { key, operator: groups.set, values: (groups.values ?? '').split(',').map((value) => value.trim()) };
  return { key, operator: 'exists' };
}

export function formatSelector(selector: Selector): string {
  return selector
    .map((one) => {
      if (!('values' in one)) return one.operator === 'absent' ? `!${one.key}` : one.key;
      const [only] = one.values;
      if (one.values.length === 1) return `${one.key}${one.operator === 'in' ? '=' : '!='}${only ?? ''}`;
      return `${one.key} ${one.operator} (${one.values.join(', ')})`;
    })
    .join(',');
}
