/** Configurations as the API shows and takes them, and what the center refuses as HTTP refuses it. */
import * as z from 'zod';
import { formatOrigin } from '../../../core/origin.ts';
import type * as center from '../../configurations/configurations.ts';
import type { Refusal } from '../route.ts';
import { isoTime, time } from './shapes.ts';

export const nameParam = z.string().max(256).describe('name of the configuration');

export const configuration = z
  .object({
    name: z.string(),
    kind: z.string().describe('what validates it'),
    latest: z.int().describe('the newest version'),
    released: z.int().describe('what assignments to `latest` mean: the newest version that is not held back'),
    rollout: z.string().optional().describe('the rollout that is under way'),
    updated: time,
    updatedBy: z.string(),
  })
  .meta({ id: 'Configuration', description: 'a named configuration' });

export const configurationView = ({ updatedAtMs, ...rest }: center.ConfigSummary) => ({ ...rest, updated: isoTime(updatedAtMs) });

export const version = z
  .object({
    name: z.string(),
    version: z.int(),
    hash: z.string(),
    files: z.array(z.object({ name: z.string(), contentType: z.string(), bytes: z.int() })),
    created: time,
    createdBy: z.string(),
    note: z.string(),
    released: z.boolean(),
    quarantined: z.boolean(),
  })
  .meta({ id: 'ConfigurationVersion', description: 'a version without its content' });

export const versionView = ({ createdAtMs, files, ...rest }: center.VersionSummary) => ({
  ...rest,
  files: [...files],
  created: isoTime(createdAtMs),
});

export const file = z.strictObject({
  name: z.string().max(256).default('').describe("key in OpAMP's AgentConfigMap; empty where an agent expects one nameless file"),
  contentType: z.string().max(128).default('text/yaml'),
  body: z.string(),
});

/** Of a new version; the name stands in the path. */
export const putFields = {
  files: z.array(file).min(1).max(64),
  kind: z.string().optional().describe('of the first version; later ones keep it; fairlead-agent when left out'),
  note: z.string().max(1_000).optional().describe('for people'),
  expected: z.int().min(0).optional().describe('latest version that the author has seen, 0 for none: refused when there is another one'),
  release: z.boolean().default(true).describe('false: stored and held back, for a rollout to bring it out'),
};

export const versionRef = z.object({ name: z.string(), version: z.int(), hash: z.string() });

const assignmentFields = {
  selector: z.string().max(4_096).describe('label selector; empty for every agent'),
  priority: z.int().default(0).describe('the highest one wins'),
  configuration: z.string(),
  version: z.union([z.int().min(1), z.literal('latest')]).default('latest'),
};
export const assignmentBody = z.strictObject(assignmentFields);

export const assignment = z
  .object({ name: z.string(), ...assignmentFields, updated: time, updatedBy: z.string() })
  .meta({ id: 'Assignment', description: 'which agents run which configuration' });

export const assignmentView = ({ updatedAtMs, ...rest }: center.StoredAssignment) => ({ ...rest, updated: isoTime(updatedAtMs) });

export const quarantined = z
  .object({
    hash: z.string(),
    agent: z.string().optional().describe('UID; without, no agent gets it'),
    configuration: z.string(),
    version: z.int(),
    reason: z.string(),
    rollout: z.string().optional(),
    since: time,
  })
  .meta({ id: 'Quarantined', description: 'a version that is not given to agents' });

export const quarantineView = ({ uid, sinceMs, ...rest }: center.QuarantineEntry) => ({
  ...rest,
  ...(uid === undefined ? {} : { agent: uid }),
  since: isoTime(sinceMs),
});

const statuses: Readonly<Record<center.RefusalCode, Refusal['status']>> = {
  'not-found': 404,
  invalid: 422,
  conflict: 409,
  'in-use': 409,
  quarantined: 409,
  'rollout-active': 409,
  'rollout-ended': 409,
  'nothing-to-do': 409,
  'too-many': 409,
};

export function refusedBy({ code, message, hint, problems }: center.Refusal): Refusal {
  return {
    refused: true,
    status: statuses[code],
    code,
    message,
    ...(hint === '' ? {} : { hint }),
    ...(problems.length === 0
      ? {}
      : {
          problems: problems.map((one) => ({ at: formatOrigin(one.origin), message: one.message, hint: one.hint, severity: one.severity })),
        }),
  };
}

/** What the center gave, as `view` shows it, or its refusal. */
export const outcome = <T, V>(of: center.Outcome<T>, view: (value: T) => V): V | Refusal => (of.ok ? view(of.value) : refusedBy(of));
