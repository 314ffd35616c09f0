/** Which components a new configuration answers for, and whether they are well. Pure. */
import type { Component } from '../health/tree.ts';
import type { Sections } from './offer.ts';

/** Sections that differ, by name. */
export function changedSections(before: Sections, after: Sections): readonly string[] {
  return [...new Set([...Object.keys(after), ...Object.keys(before)])].filter(
    (section) => JSON.stringify(before[section]) !== JSON.stringify(after[section]),
  );
}

/** Sections whose components have another name: the short form of a pipeline is a pipeline. */
const componentOf: Readonly<Record<string, string>> = { log_sources: 'pipeline', output: 'pipeline' };

/** Paths of the components that the difference touches: of a list with names just the items that differ, else the whole section. */
export function touchedPaths(before: Sections, after: Sections): readonly string[] {
  return changedSections(before, after).flatMap((section) => {
    const old = named(before[section]);
    const now = named(after[section]);
    if (old === undefined || now === undefined || section in componentOf) return [componentOf[section] ?? section];
    return [...now].filter(([name, text]) => old.get(name) !== text).map(([name]) => `${section}/${name}`);
  });
}

function named(value: unknown): ReadonlyMap<string, string> | undefined {
  if (!Array.isArray(value)) return undefined;
  const items = new Map<string, string>();
  for (const item of value as readonly unknown[]) {
    if (typeof item !== 'object' || item === null) return undefined;
    const name = ('id' in item ? item.id : undefined) ?? ('name' in item ? item.name : undefined);
    if (typeof name !== 'string') return undefined;
    items.set(name, JSON.stringify(item));
  }
  return items;
}

export interface Judgement {
  /** `links/kafka is down: connection refused`. */
  readonly unwell: readonly string[];
  readonly pending: readonly string[];
}

/** What is not touched may break at the same time; that is not this configuration's doing. */
export function judgeComponents(components: readonly Component[], touched: readonly string[]): Judgement {
  const ours = components.filter(({ path }) => touched.some((one) => path === one || path.startsWith(`${one}/`)));
  return {
    unwell: ours
      .filter(({ healthy }) => !healthy)
      .map(({ path, status, lastError }) => `${path} is ${status}${lastError ? `: ${lastError}` : ''}`),
    pending: ours.filter(({ pending }) => pending === true).map(({ path }) => path),
  };
}
