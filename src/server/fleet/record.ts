/** The durable part of an agent as the text in the store, `agents/<uid>`, and back. */
import * as z from 'zod';
import type { Labels } from '../../core/labels.ts';
import { labelKey, labelValue } from '../../core/labels.ts';
import type { AgentRecord } from './agent.ts';
import { livenessStates } from './agent.ts';
import type { Interner } from './intern.ts';

export const recordPrefix = 'agents/';
export const recordKey = (uid: string): string => `${recordPrefix}${uid}`;

const labels = z.record(z.string(), z.string());
const configStatus = z.object({ hash: z.string(), status: z.enum(['unset', 'applying', 'applied', 'failed']), error: z.string() });

const storedRecord = z.object({
  uid: z.string(),
  name: z.string(),
  operatorLabels: labels,
  tokenLabels: labels,
  selfLabels: labels.optional(),
  tokenId: z.string(),
  ephemeral: z.boolean(),
  enrolledAtMs: z.number(),
  identifying: labels,
  attributes: labels,
  capabilities: z.number(),
  liveness: z.object({ state: z.enum(livenessStates), sinceMs: z.number(), reason: z.string() }),
  policy: z
    .object({ heartbeatIntervalMs: z.number().optional(), ttlMs: z.number().optional(), expireAfterMs: z.number().optional() })
    .optional(),
  heartbeatIntervalMs: z.number().optional(),
  connectionSettings: configStatus.optional(),
  config: configStatus,
  healthy: z.boolean(),
  replaceProof: z.string().optional(),
});

/** What is stored: all but `labels`, which follows from the others. */
export function recordText(record: AgentRecord): string {
  const { labels: _derived, ...stored } = record;
  return JSON.stringify(stored);
}

/** Undefined when the text is no record: somebody else wrote there, or a much older version. */
export function parseRecord(text: string, intern: Interner): AgentRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = storedRecord.safeParse(value);
  if (!parsed.success) return undefined;
  // Zod writes `undefined` into the type of optional fields; a text of JSON holds none.
  return settled(parsed.data as Omit<AgentRecord, 'labels'>, intern);
}

/** The record with its labels computed anew, and everything that agents share made one object. */
export function settled(record: Omit<AgentRecord, 'labels'>, intern: Interner): AgentRecord {
  const operatorLabels = intern.labels(record.operatorLabels);
  const tokenLabels = intern.labels(record.tokenLabels);
  const selfLabels = record.selfLabels === undefined ? undefined : intern.labels(record.selfLabels);
  const identifying = intern.labels(record.identifying);
  const attributes = intern.labels(record.attributes);
  return {
    ...record,
    operatorLabels,
    tokenLabels,
    ...(selfLabels === undefined ? {} : { selfLabels }),
    identifying,
    attributes,
    labels: intern.labels(effectiveLabels({ tokenLabels, operatorLabels, selfLabels: selfLabels ?? {}, identifying, attributes })),
  };
}

/** Attributes that become labels: enough for everything that a selector names, and a bound for what an agent can make us keep. */
const maxLabels = 64;

/**
 * The token's labels win over the operator's, and those over what the agent says of itself: an agent must not choose its own
 * configuration by claiming a label, and an operator must not undo by accident what its token stands for.
 */
export function effectiveLabels(of: {
  readonly tokenLabels: Labels;
  readonly operatorLabels: Labels;
  readonly selfLabels: Labels;
  readonly identifying: Labels;
  readonly attributes: Labels;
}): Labels {
  const said = Object.entries({ ...of.attributes, ...of.identifying, ...of.selfLabels }).flatMap(([attribute, value]) => {
    // Our own agent describes its labels with this prefix, which OpAMP has no place of its own for.
    const key = attribute.replace(/^label\./, '');
    return key !== 'service.instance.id' && labelKey.test(key) && labelValue.test(value) ? [[key, value] as const] : [];
  });
  return { ...Object.fromEntries(said.slice(-maxLabels)), ...of.operatorLabels, ...of.tokenLabels };
}
