/** Enrolment tokens, requests that wait for approval, and the authority behind both. */
import * as z from 'zod';
import { duration, labels } from '../../../config/fields.ts';
import type { OwnAuthority } from '../../ca/authority.ts';
import type { PendingEnrolments } from '../../enrolment/pending.ts';
import type { TokenView } from '../../enrolment/token.ts';
import type { Tokens } from '../../enrolment/tokens.ts';
import type { Route } from '../route.ts';
import { noContent, refusal, route } from '../route.ts';
import { isoTime, recordId, time } from './shapes.ts';

const token = z.object({
  id: z.string(),
  uses: z.int(),
  usesLeft: z.int(),
  labels: z.record(z.string(), z.string()),
  ephemeral: z.boolean(),
  approval: z.enum(['automatic', 'manual']),
  note: z.string(),
  created: time,
  createdBy: z.string(),
  expires: time,
  revoked: time.optional(),
  revokedBy: z.string().optional(),
});

const tokenView = ({ createdAtMs, expiresAtMs, revokedAtMs, ...rest }: TokenView) => ({
  ...rest,
  created: isoTime(createdAtMs),
  expires: isoTime(expiresAtMs),
  ...(revokedAtMs === undefined ? {} : { revoked: isoTime(revokedAtMs) }),
});

const tokenBody = z.strictObject({
  uses: z.int().min(1).max(1_000_000).default(1).describe('how many agents can enrol with it'),
  ttl: duration({ minMs: 1_000, maxMs: 3_650 * 86_400_000 })
    .prefault('1h')
    .describe('how long it can be used'),
  labels: labels().default({}).describe('labels of every agent that enrols with it'),
  ephemeral: z.boolean().default(false).describe('agents that enrol with it are forgotten as soon as they expire'),
  approval: z.enum(['automatic', 'manual']).default('automatic').describe('manual: an operator approves each agent'),
  note: z.string().max(1_024).default('').describe('for people'),
});

const one = z.object({ id: recordId });
const rotationSteps = ['prepare', 'activate', 'retire'] as const;

export interface EnrolmentRouteParts {
  readonly tokens: Tokens;
  readonly pending: PendingEnrolments;
  readonly authority: OwnAuthority;
  /** Where agents enrol, as they reach it. */
  readonly enrolUrl: string;
}

export function enrolmentRoutes({ tokens, pending, authority, enrolUrl }: EnrolmentRouteParts): readonly Route[] {
  return [
    route(
      {
        method: 'GET',
        path: '/v1/tokens',
        id: 'listTokens',
        tag: 'enrolment',
        summary: 'list enrolment tokens, the newest first',
        role: 'operator',
        answer: z.object({ tokens: z.array(token) }),
      },
      async () => ({ tokens: (await tokens.list()).map(tokenView) }),
    ),
    route(
      {
        method: 'POST',
        path: '/v1/tokens',
        id: 'createToken',
        tag: 'enrolment',
        summary: 'make an enrolment token; it is shown this once',
        role: 'operator',
        body: tokenBody,
        status: 201,
        answer: token.extend({
          token: z.string().describe('the secret itself'),
          caFingerprint: z.string().describe('what a joining agent verifies the server by'),
          enrolUrl: z.string().describe('where it joins'),
        }),
        audit: 'token.create',
        auditTarget: (_request, made) => made?.id ?? '',
      },
      async ({ body, actor }) => {
        const { ttl, ...rest } = body;
        const made = await tokens.create({ ...rest, lifetimeMs: ttl }, actor.name);
        const root = authority.roots().find(({ active }) => active);
        return { ...tokenView(made.view), token: made.token, caFingerprint: root?.fingerprint ?? '', enrolUrl };
      },
    ),
    route(
      {
        method: 'DELETE',
        path: '/v1/tokens/{id}',
        id: 'revokeToken',
        tag: 'enrolment',
        summary: 'revoke an enrolment token; agents that joined with it stay',
        role: 'operator',
        params: one,
        status: 204,
        answer: noContent,
        audit: 'token.revoke',
      },
      async ({ params, actor }) =>
        (await tokens.revoke(params.id, actor.name))
          ? undefined
          : refusal(404, 'no-such-token', `there is no enrolment token "${params.id}"`, 'fairlead tokens lists them'),
    ),
    route(
      {
        method: 'GET',
        path: '/v1/enrolments',
        id: 'listPending',
        tag: 'enrolment',
        summary: 'agents that wait for approval, the oldest first',
        role: 'operator',
        answer: z.object({
          pending: z.array(
            z.object({
              id: z.string(),
              name: z.string(),
              labels: z.record(z.string(), z.string()),
              remote: z.string(),
              tokenId: z.string(),
              keyFingerprint: z.string(),
              requested: time,
            }),
          ),
        }),
      },
      async () => ({
        pending: (await pending.list()).map(({ id, name, labels: said, remote, tokenId, keyFingerprint, requestedAtMs }) => ({
          id,
          name,
          labels: said,
          remote,
          tokenId,
          keyFingerprint,
          requested: isoTime(requestedAtMs),
        })),
      }),
    ),
    route(
      {
        method: 'POST',
        path: '/v1/enrolments/{id}/decision',
        id: 'decidePending',
        tag: 'enrolment',
        summary: 'approve or deny an agent that waits',
        role: 'operator',
        params: one,
        body: z.strictObject({ approve: z.boolean(), reason: z.string().max(500).default('denied by an operator') }),
        status: 204,
        answer: noContent,
        audit: 'enrolment.decide',
        auditTarget: ({ params, body }) => `${params.id} ${body.approve ? 'approve' : 'deny'}`,
      },
      async ({ params, body, actor }) => {
        const decided = body.approve
          ? await pending.approve(params.id, actor.name)
          : await pending.deny(params.id, actor.name, body.reason);
        return decided.ok ? undefined : refusal(409, 'not-decided', decided.sentence);
      },
    ),
    route(
      {
        method: 'GET',
        path: '/v1/ca',
        id: 'getAuthority',
        tag: 'enrolment',
        summary: 'the authorities that are trusted, and what their rotation does next',
        role: 'reader',
        answer: z.object({
          roots: z.array(z.object({ fingerprint: z.string(), state: z.string(), since: time, notAfter: time })),
          due: z.enum(rotationSteps).optional().describe('what happens next by itself'),
          retireAt: time.optional().describe('when the former authority can be retired without cutting anybody off'),
        }),
      },
      () => {
        const { roots, due, retireAtMs } = authority.rotation();
        return {
          roots: roots.map(({ fingerprint, state, sinceMs, notAfterMs }) => ({
            fingerprint,
            state,
            since: isoTime(sinceMs),
            notAfter: isoTime(notAfterMs),
          })),
          ...(due === undefined ? {} : { due }),
          ...(retireAtMs === undefined ? {} : { retireAt: isoTime(retireAtMs) }),
        };
      },
    ),
    route(
      {
        method: 'POST',
        path: '/v1/ca/rotation',
        id: 'rotateAuthority',
        tag: 'enrolment',
        summary: 'take the next step of the rotation of the authority by hand',
        role: 'admin',
        body: z.strictObject({
          step: z.enum(rotationSteps),
          force: z.boolean().default(false).describe('retire although agents may still depend on it'),
        }),
        status: 204,
        answer: noContent,
        audit: 'ca.rotate',
        auditTarget: ({ body }) => `${body.step}${body.force ? ' by force' : ''}`,
      },
      async ({ body, actor }) => {
        const rotated = await authority.rotate(body.step, actor.name, body.force);
        return rotated.ok ? undefined : refusal(409, 'rotation', rotated.sentence);
      },
    ),
  ];
}
