/** Two models (two inputs, or one input under two profiles) → the answers that differ: of links, and of all pairs. */
import type { Source, Verdict } from '../network/answer.ts';
import { lookup } from '../network/lookup.ts';
import type { Link, Model, Workload } from '../network/model.ts';
import type { SourceClass, Target, TargetClass } from '../reach/classes.ts';
import { createReach } from '../reach/index.ts';
import type { AllPairs } from './matrix.ts';
import { askAll } from './matrix.ts';
import { ruleContext } from './rules/run.ts';

export interface LinkChange {
  readonly from: string;
  readonly setting: string;
  readonly link: Link;
  readonly before: Verdict | undefined;
  readonly after: Verdict | undefined;
}

/** The same change for each of `from` towards each of `to`. */
export interface PairChange {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly before: Verdict;
  readonly after: Verdict;
}

export interface Difference {
  readonly links: readonly LinkChange[];
  readonly linksOnlyBefore: readonly Link[];
  readonly linksOnlyAfter: readonly Link[];
  readonly pairs: readonly PairChange[];
  /** Workloads and offered ports that only one side has; their answers are new or gone, not changed. */
  readonly onlyBefore: readonly string[];
  readonly onlyAfter: readonly string[];
}

export function compareModels(before: Model, after: Model): Difference {
  const links = compareLinks(before, after);
  const [left, right] = [table(askAll(before)), table(askAll(after))];
  const names = [...left.targets.keys(), ...left.sources.keys()];
  const others = [...right.targets.keys(), ...right.sources.keys()];
  return {
    ...links,
    pairs: comparePairs(left, right),
    onlyBefore: names.filter((name) => !right.targets.has(name) && !right.sources.has(name)),
    onlyAfter: others.filter((name) => !left.targets.has(name) && !left.sources.has(name)),
  };
}

export function isEmpty(difference: Difference): boolean {
  return Object.values(difference).every((list: readonly unknown[]) => list.length === 0);
}

function compareLinks(before: Model, after: Model): Pick<Difference, 'links' | 'linksOnlyBefore' | 'linksOnlyAfter'> {
  const [left, right] = [judgedByKey(before), judgedByKey(after)];
  const changed = [...left].flatMap(([key, old]) => {
    const now = right.get(key);
    if (now === undefined || isSame(old.verdict, now.verdict)) return [];
    return [{ from: key.split('\0')[0] ?? '', setting: now.link.setting, link: now.link, before: old.verdict, after: now.verdict }];
  });
  return {
    links: changed,
    linksOnlyBefore: [...left].filter(([key]) => !right.has(key)).map(([, { link }]) => link),
    linksOnlyAfter: [...right].filter(([key]) => !left.has(key)).map(([, { link }]) => link),
  };
}

/** A link is the same link when the same workload dials it through the same setting; the value may have changed. */
function judgedByKey(model: Model) {
  const nameOf = namer(model);
  const seen = new Map<string, number>();
  return new Map(
    ruleContext(model, createReach(model)).links.map((judged) => {
      const key = `${nameOf(judged.link.workloadId)}\0${judged.link.setting}`;
      const count = (seen.get(key) ?? 0) + 1;
      seen.set(key, count);
      return [`${key}\0${count}`, judged] as const;
    }),
  );
}

/** Two versions of a project may lie in folders of different names: the service's name tells them better than the id. */
function namer(model: Model): (workloadId: string) => string {
  const counts = new Map<string, number>();
  for (const { name } of model.workloads) counts.set(name, (counts.get(name) ?? 0) + 1);
  const { workload } = lookup(model);
  return (id) => {
    const found: Workload | undefined = workload.get(id);
    return found !== undefined && counts.get(found.name) === 1 ? found.name : id;
  };
}

interface Table {
  readonly all: AllPairs;
  readonly sources: ReadonlyMap<string, { readonly source: Source; readonly group: SourceClass }>;
  readonly targets: ReadonlyMap<string, { readonly target: Target; readonly group: TargetClass }>;
  readonly own: ReadonlyMap<string, Verdict>;
}

function table(all: AllPairs): Table {
  const nameOf = namer(all.model);
  const sourceName = (source: Source): string => (source.kind === 'workload' ? nameOf(source.workloadId) : source.kind);
  const targetName = ({ workload, port, transport }: Target): string => `${nameOf(workload.id)}:${port}/${transport}`;
  return {
    all,
    sources: new Map(all.sources.flatMap((group) => group.members.map((source) => [sourceName(source), { source, group }] as const))),
    targets: new Map(all.targets.flatMap((group) => group.members.map((target) => [targetName(target), { target, group }] as const))),
    own: new Map(all.own.map(({ from, to, verdict }) => [`${sourceName(from)} ${targetName(to)}`, verdict])),
  };
}

/** Compared once per combination of classes, so that equal containers cost one comparison. */
function comparePairs(left: Table, right: Table): readonly PairChange[] {
  const sources = combine(left.sources, right.sources);
  const targets = combine(left.targets, right.targets);
  const changes: PairChange[] = [];
  for (const source of sources)
    for (const target of targets) {
      const before = left.all.verdict(source.before, target.before);
      const after = right.all.verdict(source.after, target.after);
      if (before === undefined || after === undefined || isSame(before, after)) continue;
      // Who shares a namespace with a port on either side is compared by itself.
      const isOwn = (from: string, to: string): boolean => left.own.has(`${from} ${to}`) || right.own.has(`${from} ${to}`);
      const names = source.names.filter((from) => target.names.some((to) => !isOwn(from, to)));
      if (names.length === 0) continue;
      changes.push({ from: names, to: target.names, ...inTheirWords(left, right, names, target.names, { before, after }) });
    }
  return [...changes, ...compareOwn(left, right)];
}

/** The class's answer names its first member; what is shown names the first of those that it is shown for. */
function inTheirWords(
  left: Table,
  right: Table,
  from: readonly string[],
  to: readonly string[],
  known: Pick<PairChange, 'before' | 'after'>,
) {
  const [before, after] = [left, right].map((side) => askPair(side, from[0] ?? '', to[0] ?? ''));
  const same = before !== undefined && after !== undefined && isSame(before, known.before) && isSame(after, known.after);
  return same ? { before, after } : known;
}

function compareOwn(left: Table, right: Table): readonly PairChange[] {
  return [...new Set([...left.own.keys(), ...right.own.keys()])].flatMap((key) => {
    const [from = '', to = ''] = key.split(' ');
    const [before, after] = [left, right].map((side) => side.own.get(key) ?? askPair(side, from, to));
    return before === undefined || after === undefined || isSame(before, after) ? [] : [{ from: [from], to: [to], before, after }];
  });
}

function askPair({ all, sources, targets }: Table, from: string, to: string): Verdict | undefined {
  const source = sources.get(from)?.source;
  const target = targets.get(to)?.target;
  return source === undefined || target === undefined ? undefined : all.ask(source, target);
}

/** Names that fall into the same class on both sides. */
function combine<G>(before: ReadonlyMap<string, { readonly group: G }>, after: ReadonlyMap<string, { readonly group: G }>) {
  const groups = new Map<G, Map<G, string[]>>();
  for (const [name, { group }] of before) {
    const other = after.get(name)?.group;
    if (other === undefined) continue;
    const inner = groups.get(group) ?? new Map<G, string[]>();
    const names = inner.get(other);
    if (names === undefined) inner.set(other, [name]);
    else names.push(name);
    groups.set(group, inner);
  }
  return [...groups].flatMap(([old, inner]) => [...inner].map(([now, names]) => ({ before: old, after: now, names })));
}

function isSame(a: Verdict | undefined, b: Verdict | undefined): boolean {
  return a?.kind === b?.kind && a?.symptom === b?.symptom;
}
