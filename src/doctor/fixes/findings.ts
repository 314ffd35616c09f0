/** The findings before and after a fix. */
import type { Draft } from '../rules/run.ts';

/** The finding is gone and no other came: the new informative ones as sentences, or undefined. */
export function compareFindings(before: readonly Draft[], after: readonly Draft[], subject: Draft): readonly string[] | undefined {
  const was = counted(before);
  const is = counted(after);
  const key = findingKey(subject);
  if ((is.get(key) ?? 0) >= (was.get(key) ?? 0) && after.some((draft) => sameFinding(draft, subject))) return undefined;
  const fresh = after.filter((draft) => !was.has(findingKey(draft)) && !followsFrom(draft, subject));
  if (fresh.some(({ rule, draft }) => (draft.severity ?? rule.severity) !== 'info')) return undefined;
  return fresh.map(({ rule, draft }) => `${rule.id} ${draft.message}`);
}

const findingKey = ({ rule, draft }: Draft): string => `${rule.id}\n${draft.subject}`;

function sameFinding(one: Draft, other: Draft): boolean {
  return findingKey(one) === findingKey(other) && one.draft.message === other.draft.message;
}

/** An informative remark about the same place under its new text (`agent → http://db:80` was `agent → http://localhost:80`). */
function followsFrom(draft: Draft, subject: Draft): boolean {
  return draft.rule.id === subject.rule.id && (draft.draft.severity ?? draft.rule.severity) === 'info';
}

function counted(drafts: readonly Draft[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const draft of drafts) counts.set(findingKey(draft), (counts.get(findingKey(draft)) ?? 0) + 1);
  return counts;
}
