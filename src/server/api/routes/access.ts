/** Who may use this API, and who did. */
import * as z from 'zod';
import { duration } from '../../../config/fields.ts';
import type { AuditTrail } from '../audit.ts';
import type { Route } from '../route.ts';
import { noContent, refusal, roles, route } from '../route.ts';
import type { ApiToken, ApiTokens } from '../tokens.ts';
import { isoTime, page, recordId, time } from './shapes.ts';

const token = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(roles),
  created: time,
  createdBy: z.string(),
  expires: time.optional(),
});

const view = ({ id, name, role, createdAtMs, createdBy, expiresAtMs }: ApiToken) => ({
  id,
  name,
  role,
  created: isoTime(createdAtMs),
  createdBy,
  ...(expiresAtMs === undefined ? {} : { expires: isoTime(expiresAtMs) }),
});

export function accessRoutes({ tokens, audit }: { readonly tokens: ApiTokens; readonly audit: AuditTrail }): readonly Route[] {
  return [
    route(
      {
        method: 'GET',
        path: '/v1/whoami',
        id: 'whoAmI',
        tag: 'access',
        summary: 'the name and role of the token that asks',
        role: 'any',
        answer: z.object({ name: z.string(), role: z.enum(roles) }),
      },
      ({ actor }) => ({ name: actor.name, role: actor.role }),
    ),
    route(
      {
        method: 'GET',
        path: '/v1/api-tokens',
        id: 'listApiTokens',
        tag: 'access',
        summary: 'list API tokens',
        role: 'admin',
        answer: z.object({ tokens: z.array(token) }),
      },
      async () => ({ tokens: (await tokens.list()).map(view) }),
    ),
    route(
      {
        method: 'POST',
        path: '/v1/api-tokens',
        id: 'createApiToken',
        tag: 'access',
        summary: 'make an API token; it is shown this once',
        role: 'admin',
        body: z.strictObject({
          name: z
            .string()
            .regex(/^[^\p{Cc}]{1,128}$/u, 'printable, 1 to 128 characters')
            .describe('what the audit trail calls whoever uses it'),
          role: z.enum(roles),
          ttl: duration({ minMs: 60_000, maxMs: 3_650 * 86_400_000 })
            .optional()
            .describe('how long it counts; without an end when left out'),
        }),
        status: 201,
        answer: token.extend({ token: z.string().describe('the secret itself') }),
        audit: 'api-token.create',
        auditTarget: ({ body }, made) => (made === undefined ? body.name : `${made.id} ${body.name} ${body.role}`),
      },
      async ({ body, actor }) => {
        const made = await tokens.create({
          name: body.name,
          role: body.role,
          createdBy: actor.name,
          ...(body.ttl === undefined ? {} : { ttlMs: body.ttl }),
        });
        return { ...view(made.entry), token: made.token };
      },
    ),
    route(
      {
        method: 'DELETE',
        path: '/v1/api-tokens/{id}',
        id: 'removeApiToken',
        tag: 'access',
        summary: 'take an API token back, at once',
        role: 'admin',
        params: z.object({ id: recordId }),
        status: 204,
        answer: noContent,
        audit: 'api-token.remove',
      },
      async ({ params }) => {
        const removed = await tokens.remove(params.id);
        if (removed === 'removed') return undefined;
        if (removed === 'unknown')
          return refusal(404, 'no-such-token', `there is no API token "${params.id}"`, 'fairlead tokens api-list lists them');
        return refusal(409, 'last-admin', `"${params.id}" is the last token of an administrator`, 'make another one first');
      },
    ),
    route(
      {
        method: 'GET',
        path: '/v1/audit',
        id: 'listAudit',
        tag: 'access',
        summary: 'the audit trail, oldest first',
        role: 'admin',
        query: z.strictObject({
          ...page,
          after: recordId.optional().describe('the `next` of the page before'),
          since: z.iso.datetime({ offset: true }).optional().describe('only entries from this moment on'),
        }),
        answer: z.object({
          entries: z.array(
            z.object({
              id: z.string(),
              at: time,
              actor: z.string(),
              role: z.string(),
              remote: z.string(),
              action: z.string(),
              target: z.string(),
              outcome: z.string(),
            }),
          ),
          next: z.string().optional(),
        }),
      },
      async ({ query }) => {
        const { entries, more } = await audit.list({
          limit: query.limit,
          ...(query.after === undefined ? {} : { after: query.after }),
          ...(query.since === undefined ? {} : { sinceMs: Date.parse(query.since) }),
        });
        return {
          entries: entries.map(({ atMs, ...rest }) => ({ ...rest, at: isoTime(atMs) })),
          ...(more ? { next: entries.at(-1)?.id } : {}),
        };
      },
    ),
  ];
}
