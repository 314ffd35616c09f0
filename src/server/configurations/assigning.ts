/** Assignments: which agents run which configuration. */
import { formatSelector, parseSelector } from '../../core/labels.ts';
import type { Assignment, Outcome, Refusal, StoredAssignment } from './configurations.ts';
import { nameForm } from './content.ts';
import { type Context, carryOut, isRefusal, type Plan, putChange, refusal, unchanged } from './context.ts';
import { type AssignmentRecord, keys, maxAssignments } from './records.ts';
import { type Stored, versionOf } from './rules.ts';
import { noConfiguration, noVersion, prefetch } from './versions.ts';

const maxPriority = 1_000_000;

export function planAssign(stored: Stored, assignment: Assignment, actor: string, nowMs: number): AssignmentRecord | Refusal {
  const { name, priority, configuration, version } = assignment;
  if (!nameForm.test(name))
    return refusal('invalid', `"${name.slice(0, 80)}" is no name of an assignment`, 'use letters, digits and . _ -, at most 63');
  if (!Number.isSafeInteger(priority) || Math.abs(priority) > maxPriority)
    return refusal('invalid', `${priority} is no priority`, `write a whole number up to ${maxPriority}`);
  const selector = parseSelector(assignment.selector);
  if (!selector.ok) return badSelector(assignment.selector, selector.problem, selector.offset);
  const head = stored.heads.get(configuration);
  if (head === undefined) return noConfiguration(configuration);
  if (version !== 'latest') {
    const record = version > head.latest ? undefined : versionOf(stored, configuration, version);
    if (record === undefined) return noVersion(configuration, version);
    const bad = stored.quarantine.get(record.hash);
    if (bad !== undefined)
      return refusal('quarantined', `version ${version} is in quarantine: ${bad.reason}`, 'clear the quarantine first');
  }
  if (!stored.assignments.has(name) && stored.assignments.size >= maxAssignments)
    return refusal('too-many', `there are ${maxAssignments} assignments already`, 'select by labels instead of agent by agent');
  // As it is understood, so that two spellings of one selector compare equal.
  const text = formatSelector(selector.selector);
  return { name, selector: text, priority, configuration, version, updatedAtMs: nowMs, updatedBy: actor };
}

export const badSelector = (text: string, problem: string, offset: number): Refusal =>
  refusal(
    'invalid',
    `selector "${text.slice(0, 200)}", character ${offset + 1}: ${problem}`,
    'for example env=prod,role in (edge, core),!canary',
  );

export async function assign(context: Context, assignment: Assignment, actor: string): Promise<Outcome<StoredAssignment>> {
  const { mirror, clock, log } = context;
  await prefetch(context, assignment.configuration, assignment.version === 'latest' ? 'released' : assignment.version);
  const outcome = await carryOut(mirror, (): Plan<StoredAssignment> | Refusal => {
    const record = planAssign(mirror.stored, assignment, actor, clock.now());
    if (isRefusal(record)) return record;
    const key = keys.assignment(record.name);
    // The head as well: it must not be deleted under the assignment.
    return {
      conditions: unchanged(mirror, key, keys.head(record.configuration)),
      changes: [putChange(key, record)],
      done: () => record,
    };
  });
  if (!outcome.ok) return outcome;
  const { name, selector, priority, configuration, version } = outcome.value;
  log.event('configurations.assigned', { actor, assignment: name, selector, priority, configuration, version });
  return outcome;
}

export async function unassign(context: Context, name: string, actor: string): Promise<Outcome<undefined>> {
  const { mirror, log } = context;
  let configuration = '';
  const outcome = await carryOut(mirror, (): Plan<undefined> | Refusal => {
    const record = mirror.stored.assignments.get(name);
    if (record === undefined) return noAssignment(name);
    configuration = record.configuration;
    const key = keys.assignment(name);
    return { conditions: unchanged(mirror, key), changes: [{ kind: 'delete', key }], done: () => undefined };
  });
  if (outcome.ok) log.event('configurations.unassigned', { actor, assignment: name, configuration });
  return outcome;
}

export const noAssignment = (name: string): Refusal => refusal('not-found', `there is no assignment ${name}`, 'list the assignments');
