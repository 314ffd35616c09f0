/** Named configurations and their versions: put, read, compare, release, delete. */
import type { Change, Condition } from '../store/store.ts';
import type { ConfigSummary, Outcome, PutDone, PutRequest, Refusal, VersionSummary } from './configurations.ts';
import { contentHash, contentProblem, inOrder, nameForm } from './content.ts';
import { type Context, carryOut, isRefusal, type Plan, putChange, refusal, unchanged } from './context.ts';
import { diffFiles } from './diff.ts';
import type { StoredFiles } from './library.ts';
import { type HeadRecord, keys, maxVersions, type VersionRecord } from './records.ts';
import { isActive, type Stored, versionOf } from './rules.ts';

const noteLimit = 1_000;
const kindForm = /^[a-z0-9][a-z0-9.-]{0,62}$/;
export const defaultKind = 'fairlead-agent';

/** What a request would store, without its bodies; refused, or unchanged (`created` false), or a new version with its head. */
export interface PlannedPut {
  readonly head: HeadRecord;
  readonly version: VersionRecord;
  readonly created: boolean;
}

/** Everything about a request that needs nothing stored. */
export function checkPut(context: Pick<Context, 'validate'>, request: PutRequest, kind: string): Refusal | undefined {
  if (!nameForm.test(request.name))
    return refusal('invalid', `"${request.name.slice(0, 80)}" is no name of a configuration`, 'use letters, digits and . _ -, at most 63');
  if (!kindForm.test(kind)) return refusal('invalid', `"${kind.slice(0, 80)}" is no kind`, 'for example fairlead-agent or otel-collector');
  if ((request.note ?? '').length > noteLimit) return refusal('invalid', `the note is longer than ${noteLimit} characters`, 'shorten it');
  const problem = contentProblem(request.files);
  if (problem !== undefined) return refusal('invalid', problem, 'see docs/configurations.md for what a version may hold');
  const problems = context.validate(request.files, kind);
  const errors = problems.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first === undefined) return undefined;
  return refusal(
    'invalid',
    `the content of ${request.name} is not valid (${errors.length} ${errors.length === 1 ? 'problem' : 'problems'})`,
    first.hint,
    problems,
  );
}

export function planPut(stored: Stored, request: PutRequest, hash: string, actor: string, nowMs: number): PlannedPut | Refusal {
  const { name, kind, note = '', expected, release = true } = request;
  const head = stored.heads.get(name);
  const latest = head === undefined ? undefined : versionOf(stored, name, head.latest);
  if (head !== undefined && kind !== undefined && kind !== head.kind)
    return refusal('invalid', `${name} is of kind ${head.kind}, not ${kind}`, 'give a configuration of another kind another name');
  if (head !== undefined && latest?.hash === hash) return { head, version: latest, created: false };
  if (expected !== undefined && expected !== (head?.latest ?? 0))
    return refusal(
      'conflict',
      `the latest version of ${name} is ${head?.latest ?? 0}, not ${expected}`,
      'look at what changed, and put again',
    );
  const bad = stored.quarantine.get(hash);
  if (bad !== undefined)
    return refusal('quarantined', `this content is in quarantine: ${bad.reason}`, 'change it, or clear the quarantine');
  const number = (head?.latest ?? 0) + 1;
  if (number > maxVersions) return refusal('too-many', `${name} has ${maxVersions} versions`, 'use another name');
  // While a rollout runs, `latest` must not move under it.
  const held = head?.rollout !== undefined || !release;
  return {
    created: true,
    version: { name, version: number, hash, files: [], createdAtMs: nowMs, createdBy: actor, note },
    head: {
      name,
      kind: head?.kind ?? kind ?? defaultKind,
      latest: number,
      // The first version is what there is, held or not; nothing is assigned to it yet.
      released: held && head !== undefined ? head.released : number,
      ...(head?.rollout === undefined ? {} : { rollout: head.rollout }),
      updatedAtMs: nowMs,
      updatedBy: actor,
    },
  };
}

export async function put(context: Context, request: PutRequest, actor: string): Promise<Outcome<PutDone>> {
  const outcome = await tryPut(context, request, actor);
  context.metrics.puts.inc({ outcome: !outcome.ok ? 'refused' : outcome.value.created ? 'stored' : 'unchanged' });
  if (!outcome.ok || !outcome.value.created) return outcome;
  const { name: configuration, version, hash, released } = outcome.value.version;
  context.log.event('configurations.stored', { actor, configuration, version, hash });
  if (released) context.log.event('configurations.released', { actor, configuration, version });
  return outcome;
}

async function tryPut(context: Context, request: PutRequest, actor: string): Promise<Outcome<PutDone>> {
  const { mirror, library, clock } = context;
  const files = inOrder(request.files);
  const wrong = checkPut(context, request, mirror.stored.heads.get(request.name)?.kind ?? request.kind ?? defaultKind);
  if (wrong !== undefined) return wrong;
  const hash = contentHash(files);
  let written: StoredFiles | undefined;
  let kept: VersionRecord | undefined;
  // A conflict may also mean that a body was deleted with another configuration: the bodies are looked at again as well.
  for (let attempt = 0; attempt < 5; attempt++) {
    const planned = planPut(mirror.stored, request, hash, actor, clock.now());
    if (isRefusal(planned)) return planned;
    if (!planned.created) return { ok: true, value: { version: summaryOf(context, planned.version), created: false } };
    written = await library.write(files);
    const version: VersionRecord = { ...planned.version, files: written.files };
    const { head } = planned;
    kept = version;
    // Before the commit: who hears of the change asks for the content at once.
    library.keep(version, files);
    const done = await mirror.commit(
      [...unchanged(mirror, keys.head(head.name)), ...written.conditions],
      [putChange(keys.head(head.name), head), putChange(keys.version(version.name, version.version), version)],
    );
    if (done) return { ok: true, value: { version: summaryOf(context, version), created: true } };
    library.drop(kept);
  }
  return refusal('conflict', `others changed ${request.name} at the same time, again and again`, 'try again');
}

export function summaryOf({ mirror: { stored } }: Pick<Context, 'mirror'>, record: VersionRecord): VersionSummary {
  const { name, version, hash, createdAtMs, createdBy, note } = record;
  const files = record.files.map((file) => ({ name: file.name, contentType: file.contentType, bytes: file.bytes }));
  const released = stored.heads.get(name)?.released === version;
  return { name, version, hash, files, createdAtMs, createdBy, note, released, quarantined: stored.quarantine.has(hash) };
}

export function headSummary({ name, kind, latest, released, rollout, updatedAtMs, updatedBy }: HeadRecord): ConfigSummary {
  return { name, kind, latest, released, ...(rollout === undefined ? {} : { rollout }), updatedAtMs, updatedBy };
}

export function versions(context: Context, name: string): readonly VersionSummary[] {
  const { stored } = context.mirror;
  const latest = stored.heads.get(name)?.latest ?? 0;
  return (
    [...(stored.versions.get(name)?.values() ?? [])]
      // What an interrupted deletion left behind is not there.
      .filter(({ version }) => version <= latest)
      .sort((a, b) => b.version - a.version)
      .map((record) => summaryOf(context, record))
  );
}

export function findVersion(
  { stored }: Context['mirror'],
  name: string,
  version: number | 'latest' | 'released',
): VersionRecord | undefined {
  const head = stored.heads.get(name);
  if (head === undefined) return undefined;
  const number = typeof version === 'number' ? version : head[version];
  return number > head.latest ? undefined : versionOf(stored, name, number);
}

/** Who hears of a change asks for the content at once; where it is not at hand yet, an agent keeps what it has for that moment. */
export async function prefetch({ mirror, library }: Context, name: string, version: number | 'latest' | 'released'): Promise<void> {
  const record = findVersion(mirror, name, version);
  if (record !== undefined) await library.load(record);
}

export const noVersion = (name: string, version: number | string): Refusal =>
  refusal('not-found', `there is no version ${version} of ${name}`, 'list the configurations and their versions');
export const noConfiguration = (name: string): Refusal =>
  refusal('not-found', `there is no configuration ${name}`, 'list the configurations');

export async function diff(context: Context, name: string, from: number, to: number): Promise<Outcome<string>> {
  const records = [from, to].map((version) => findVersion(context.mirror, name, version));
  const missing = records.indexOf(undefined);
  if (missing !== -1) return noVersion(name, missing === 0 ? from : to);
  const { library } = context;
  const [old, now] = await Promise.all(records.map((record) => record && library.load(record)));
  if (old === undefined || now === undefined) return noVersion(name, old === undefined ? from : to);
  return { ok: true, value: diffFiles(old.files, now.files, `${name}@${from}`, `${name}@${to}`) };
}

export function planRelease(stored: Stored, name: string, version: number, actor: string, nowMs: number): HeadRecord | Refusal {
  const head = stored.heads.get(name);
  if (head === undefined) return noConfiguration(name);
  const record = version > head.latest ? undefined : versionOf(stored, name, version);
  if (record === undefined) return noVersion(name, version);
  if (head.rollout !== undefined) return rolloutRuns(head.rollout, name);
  const bad = stored.quarantine.get(record.hash);
  if (bad !== undefined) return refusal('quarantined', `version ${version} is in quarantine: ${bad.reason}`, 'clear the quarantine first');
  return { ...head, released: version, updatedAtMs: nowMs, updatedBy: actor };
}

export const rolloutRuns = (id: string, name: string): Refusal =>
  refusal('rollout-active', `rollout ${id} of ${name} is under way`, `wait for it, or abort it: fairlead rollout abort ${id}`);

export async function release(context: Context, name: string, version: number, actor: string): Promise<Outcome<ConfigSummary>> {
  const { mirror, clock, log } = context;
  await prefetch(context, name, version);
  const outcome = await carryOut(mirror, (): Plan<ConfigSummary> | Refusal => {
    const head = planRelease(mirror.stored, name, version, actor, clock.now());
    if (isRefusal(head)) return head;
    return { conditions: unchanged(mirror, keys.head(name)), changes: [putChange(keys.head(name), head)], done: () => headSummary(head) };
  });
  if (outcome.ok) log.event('configurations.released', { actor, configuration: name, version });
  return outcome;
}

/** The head first: from then on it is gone, and what an interruption leaves behind belongs to nobody and is written over. */
export async function remove(context: Context, name: string, actor: string): Promise<Outcome<undefined>> {
  const { mirror, library, log } = context;
  let doomed: readonly VersionRecord[] = [];
  let revisions: readonly Condition[] = [];
  const outcome = await carryOut(mirror, (): Plan<undefined> | Refusal => {
    const { stored } = mirror;
    const head = stored.heads.get(name);
    if (head === undefined) return noConfiguration(name);
    const users = [...stored.assignments.values()].filter(({ configuration }) => configuration === name);
    if (users.length > 0)
      return refusal(
        'in-use',
        `${name} is assigned by ${users.map((user) => user.name).join(', ')}`,
        'delete or change these assignments first',
      );
    const rollout = head.rollout === undefined ? undefined : stored.rollouts.get(head.rollout);
    if (isActive(rollout)) return rolloutRuns(rollout.id, name);
    doomed = [...(stored.versions.get(name)?.values() ?? [])];
    revisions = unchanged(mirror, ...doomed.map(({ version }) => keys.version(name, version)));
    // An assignment that somebody makes now checks the head's revision too (assigning.ts), so one of the two fails.
    return { conditions: unchanged(mirror, keys.head(name)), changes: [{ kind: 'delete', key: keys.head(name) }], done: () => undefined };
  });
  if (!outcome.ok) return outcome;
  for (let at = 0; at < revisions.length; at += 100) {
    const batch = revisions.slice(at, at + 100);
    if (await mirror.commit(batch, batch.map(deletion))) continue;
    // Somebody puts under the same name again: theirs stays, and so each goes or stays alone.
    for (const condition of batch) await mirror.commit([condition], [deletion(condition)]);
  }
  const needed = new Set([...mirror.stored.versions.values()].flatMap((all) => [...all.values()]).flatMap(bodiesOf));
  await library.sweep(doomed.flatMap(bodiesOf), needed);
  log.event('configurations.deleted', { actor, configuration: name, versions: doomed.length });
  return outcome;
}

const bodiesOf = (version: VersionRecord): readonly string[] => version.files.map((file) => file.sha);

const deletion = ({ key }: Condition): Change => ({ kind: 'delete', key });
