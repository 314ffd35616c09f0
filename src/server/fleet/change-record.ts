/** A change that somebody waits for: stored first, and only then does it count. */
import type { Detector } from '../liveness/detector.ts';
import type { Commit } from '../store/store.ts';
import type { AgentRecord } from './agent.ts';
import { recordKey, recordText } from './record.ts';
import type { Roster } from './roster.ts';
import type { Writer } from './writer.ts';

/**
 * Resolves with the conditions of `along` that did not hold; none: it is durable. The patch may run twice, on the record that is
 * stored and on the one that is in memory by then: what the agent says meanwhile is not lost.
 */
export type ChangeRecord = (uid: string, patch: (record: AgentRecord) => AgentRecord, along?: Commit) => Promise<readonly string[]>;

export function createChangeRecord(roster: Roster, writer: Writer, detector: Detector): ChangeRecord {
  return (uid, patch, along) =>
    writer.alone(
      () => {
        const record = roster.present(uid)?.record;
        return withPut(along, record && patch(record));
      },
      () => {
        const agent = roster.present(uid);
        if (agent === undefined) return;
        agent.record = patch(agent.record);
        detector.setPolicy(uid, roster.policy(agent.record));
      },
    );
}

export function withPut(along: Commit | undefined, record: AgentRecord | undefined): Commit {
  const changes = [...(along?.changes ?? [])];
  if (record !== undefined) changes.push({ kind: 'put', key: recordKey(record.uid), value: recordText(record) });
  return { ...(along?.conditions === undefined ? {} : { conditions: along.conditions }), changes };
}
