/** A plan in the words of the model → edits of the texts that say it. */
import { resolve } from 'node:path';
import type { FileOrigin, Origin } from '../../core/origin.ts';
import type { TextEdit } from '../../core/text.ts';
import type { EnvironmentVariable, Workload } from '../../network/model.ts';
import type { Change, FixPlan } from '../rule.ts';
import { commandEdits, correctedCommands } from './command-edits.ts';
import { composeNetworkEdits, composeServiceEdits, type ServiceChange } from './compose-edits.ts';
import type { Desk } from './desk.ts';
import { engineCommands } from './engine-commands.ts';
import { network, workload } from './facts.ts';

export interface Written {
  /** Sorted, without overlaps. */
  readonly edits: readonly TextEdit[];
  readonly commands: readonly string[];
  /** The owners (see facts.ts) whose facts this is meant to change. */
  readonly intended: ReadonlySet<string>;
}

/** Undefined where an edit that keeps the rest of the text is not possible: then the plan is told in words only. */
export function writePlan(desk: Desk, plan: FixPlan): Written | undefined {
  const subject = plan.turns?.from.kind === 'workload' ? plan.turns.from.workloadId : undefined;
  const changes = plan.changes.map((change) => (change.kind === 'replace' ? atPlaceOfUse(desk, change, subject) : change));
  const written: TextEdit[] = [];
  const commands: string[] = [];
  for (const change of changes) {
    const observed = observedWorkload(desk, change);
    if (observed !== undefined) commands.push(...engineCommands(observed));
    const edits = observed === undefined ? editsOf(desk, change, changes) : [];
    if (edits === undefined) return undefined;
    written.push(...edits);
  }
  const edits = joinEdits(written);
  if (edits === undefined || (edits.length === 0 && commands.length === 0)) return undefined;
  return { edits, commands: [...commands, ...correctedCommands(desk, edits)], intended: intendedOwners(desk, changes) };
}

function editsOf(desk: Desk, change: Change, together: readonly Change[]): readonly TextEdit[] | undefined {
  switch (change.kind) {
    case 'replace':
      return desk.text(change.origin.file) === undefined
        ? undefined
        : [{ file: change.origin.file, start: change.origin.span.start, end: change.origin.span.end, text: change.text }];
    case 'set-network-option':
    case 'set-subnet': {
      const target = desk.network(change.networkId);
      if (target === undefined) return undefined;
      return composeNetworkEdits(desk, target, change) ?? commandEdits(desk, change, together);
    }
    default: {
      const target = desk.workload(change.workloadId);
      if (target?.declaredBy === 'compose') return composeServiceEdits(desk, target, change);
      return target?.declaredBy === 'docker-run' ? commandEdits(desk, change, together) : undefined;
    }
  }
}

function observedWorkload(desk: Desk, change: Change): { readonly workload: Workload; readonly change: ServiceChange } | undefined {
  if (change.kind === 'replace' || change.kind === 'set-network-option' || change.kind === 'set-subnet') return undefined;
  const target = desk.workload(change.workloadId);
  return target?.declaredBy === 'engine' ? { workload: target, change } : undefined;
}

type Replace = Extract<Change, { readonly kind: 'replace' }>;

/**
 * A text behind an anchor, in an env_file or in an extended service may serve several workloads. Then it is not changed
 * there: the one that the fix is about gets an entry of its own, which wins.
 */
function atPlaceOfUse(desk: Desk, change: Replace, subject: string | undefined): Change {
  const holders = desk.model.workloads.flatMap((item) =>
    item.environment.filter((variable) => covers(variable.origin, change.origin)).map((variable) => ({ item, variable })),
  );
  const own = holders.find(({ item }) => item.id === subject);
  if (own === undefined || holders.every(({ item }) => item.id === subject)) return change;
  const value = valueWith(own.variable, change);
  return value === undefined ? change : { kind: 'set-environment', workloadId: own.item.id, name: own.variable.name, value };
}

function valueWith({ value, origin }: EnvironmentVariable, change: Replace): string | undefined {
  if (origin.kind !== 'file' || !origin.exact || value === undefined || origin.span.end - origin.span.start !== value.length)
    return undefined;
  const from = change.origin.span.start - origin.span.start;
  return value.slice(0, from) + change.text + value.slice(from + change.origin.span.end - change.origin.span.start);
}

function covers(origin: Origin, inner: FileOrigin): boolean {
  return origin.kind === 'file' && origin.file === inner.file && origin.span.start <= inner.span.start && origin.span.end >= inner.span.end;
}

/** Edits of one plan in order; equal ones once, and what goes to one place joined. Undefined when they overlap. */
function joinEdits(edits: readonly TextEdit[]): readonly TextEdit[] | undefined {
  const places = Map.groupBy(edits, (edit) => JSON.stringify([resolve(edit.file), edit.start, edit.end]));
  const joined = [...places.values()].flatMap(([first, ...rest]) => {
    if (first === undefined) return [];
    return [{ ...first, text: [...new Set([first, ...rest].map(({ text }) => text))].join('') }];
  });
  return combine(joined);
}

/** Edits of several plans in order; equal ones once. Undefined when two of them touch the same text or place. */
export function combine(edits: readonly TextEdit[]): readonly TextEdit[] | undefined {
  const unique = new Map(edits.map((edit) => [JSON.stringify([resolve(edit.file), edit.start, edit.end, edit.text]), edit]));
  const sorted = [...unique.values()].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.start - b.start || a.end - b.end));
  const clash = sorted.some((edit, index) => {
    const next = sorted[index + 1];
    if (next === undefined || resolve(edit.file) !== resolve(next.file)) return false;
    return edit.end > next.start || (edit.start === next.start && edit.end === next.end);
  });
  return clash ? undefined : sorted;
}

function intendedOwners(desk: Desk, changes: readonly Change[]): ReadonlySet<string> {
  const owners = new Set<string>();
  for (const change of changes) {
    if (change.kind === 'replace') for (const owner of ownersAt(desk, change.origin)) owners.add(owner);
    if ('networkId' in change) owners.add(network(change.networkId));
    if ('workloadId' in change) for (const id of desk.sharing(change.workloadId)) owners.add(workload(id));
  }
  return owners;
}

/** Everything whose facts were read from the text that is replaced. */
function ownersAt(desk: Desk, place: FileOrigin): readonly string[] {
  const { model } = desk;
  const touches = (origin: Origin | undefined): boolean =>
    origin !== undefined && (covers(origin, place) || (origin.kind === 'file' && covers(place, origin)));
  const owners: string[] = [];
  for (const item of [...model.links, ...model.publications]) if (touches(item.origin)) owners.push(workload(item.workloadId));
  for (const item of model.listeners) if (touches(item.origin)) owners.push(workload(item.workloadId ?? item.namespaceId));
  for (const item of model.registrations) if (touches(item.origin)) owners.push(workload(item.workloadId ?? item.registry));
  for (const item of model.workloads) if (factOrigins(item).some(touches)) owners.push(workload(item.id));
  for (const item of model.networks)
    if (touches(item.origin) || item.subnets.some((subnet) => touches(subnet.origin))) owners.push(network(item.id));
  return owners.flatMap((owner) => (owner.startsWith('workload ') ? desk.sharing(owner.slice('workload '.length)).map(workload) : [owner]));
}

function factOrigins(item: Workload): readonly (Origin | undefined)[] {
  return [
    ...item.environment.map(({ origin }) => origin),
    ...item.mounts.flatMap(({ origin, content }) => [origin, content?.origin]),
    ...item.extraHosts.map(({ origin }) => origin),
    item.command?.origin,
    item.entrypoint?.origin,
    item.healthcheck?.origin,
    item.logging?.origin,
    ...item.dns.servers.map(({ origin }) => origin),
    item.image?.origin,
  ];
}
