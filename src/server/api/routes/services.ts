/** What can be discovered: services and their instances, with the checks that judge them. */
import * as z from 'zod';
import { duration } from '../../../config/fields.ts';
import type { Instance } from '../../discovery/catalog/model.ts';
import { addressOf, checkStatuses, checksOf, instanceHealth } from '../../discovery/catalog/model.ts';
import type { DiscoveryRegistry } from '../../discovery/registry.ts';
import type { Refusal, Route } from '../route.ts';
import { noContent, refusal, route } from '../route.ts';
import { page } from './shapes.ts';

const health = z.enum([...checkStatuses, 'maintenance']);

const instance = z
  .object({
    id: z.string(),
    service: z.string(),
    node: z.string(),
    agent: z.string().optional().describe('UID of the agent that reports it'),
    address: z.string(),
    port: z.int(),
    tags: z.array(z.string()),
    meta: z.record(z.string(), z.string()),
    health: health.describe('the worst of its checks and those of its node'),
    checks: z.array(z.object({ id: z.string(), name: z.string(), status: z.enum(checkStatuses), type: z.string(), output: z.string() })),
  })
  .meta({ id: 'ServiceInstance' });

const byId = z.object({ id: z.string().min(1).max(256).describe('id of the instance') });
const onNode = z.strictObject({ node: z.string().max(128).optional().describe('needed when several nodes have an instance with this id') });

const registration = z.strictObject({
  name: z.string().min(1).max(128),
  id: z.string().min(1).max(256).optional().describe('the name when left out'),
  address: z.string().max(255).default('').describe('where it is reached; that of this server when left out'),
  port: z.int().min(0).max(65_535),
  tags: z.array(z.string().max(256)).max(64).default([]),
  meta: z.record(z.string().max(128), z.string().max(512)).default({}),
  ttl: duration({ minMs: 1_000 })
    .optional()
    .describe(
      "critical unless it is renewed within this time (Consul's API: /v1/agent/check/pass/service:ID); passing for ever when left out",
    ),
});

export function serviceRoutes({ services: registry }: { readonly services: DiscoveryRegistry }): readonly Route[] {
  const view = (one: Instance) => ({
    id: one.service.id,
    service: one.service.name,
    node: one.node.name,
    ...(one.node.agentUid === undefined ? {} : { agent: one.node.agentUid }),
    address: addressOf(one),
    port: one.service.port,
    tags: [...one.service.tags],
    meta: { ...one.service.meta },
    health: instanceHealth(one),
    checks: checksOf(one).map((check) => ({
      id: check.id,
      name: check.name,
      status: check.status,
      type: check.type,
      output: check.notes !== '' && check.output === '' ? check.notes : registry.output(one.node.name, check),
    })),
  });

  const find = (id: string, node: string | undefined): Instance | Refusal => {
    const found = [...registry.catalog.nodes()].flatMap((on) => {
      const service = node === undefined || node === on.name ? registry.catalog.service(on.name, id) : undefined;
      return service === undefined ? [] : [{ node: on, service }];
    });
    const [first, ...others] = found;
    if (first === undefined)
      return refusal(
        404,
        'no-such-service',
        `there is no instance "${id}"${node === undefined ? '' : ` on node ${node}`}`,
        'fairlead services show NAME lists the ids',
      );
    if (others.length === 0) return first;
    const nodes = found.map((one) => one.node.name).slice(0, 10);
    return refusal(409, 'ambiguous', `${found.length} nodes have an instance "${id}": ${nodes.join(', ')}`, 'name one of them: node');
  };

  return [
    route(
      {
        method: 'GET',
        path: '/v1/services',
        id: 'listServices',
        tag: 'services',
        summary: 'list services, with how many instances are in which state',
        role: 'any',
        query: z.strictObject({ ...page, tag: z.string().optional().describe('only instances with this tag') }),
        answer: z.object({
          services: z.array(
            z.object({
              name: z.string(),
              tags: z.array(z.string()),
              instances: z.object({ passing: z.int(), warning: z.int(), critical: z.int(), maintenance: z.int() }),
            }),
          ),
          next: z.string().optional(),
        }),
      },
      ({ query }) => {
        const rest = [...registry.catalog.serviceNames()].filter((name) => query.after === undefined || name > query.after);
        const fitting = rest.filter((name) => query.tag === undefined || registry.catalog.instances(name).some(tagged(query.tag)));
        const shown = fitting.slice(0, query.limit);
        const next = fitting.length > shown.length ? shown.at(-1) : undefined;
        return {
          services: shown.map((name) => summary(name, registry.catalog.instances(name).filter(tagged(query.tag)))),
          ...(next === undefined ? {} : { next }),
        };
      },
    ),
    route(
      {
        method: 'GET',
        path: '/v1/services/{service}',
        id: 'getService',
        tag: 'services',
        summary: 'the instances of a service, with their checks',
        role: 'any',
        params: z.object({ service: z.string().min(1).max(128) }),
        answer: z.object({ instances: z.array(instance) }),
      },
      ({ params }) => {
        const instances = registry.catalog.instances(params.service);
        if (instances.length === 0)
          return refusal(404, 'no-such-service', `there is no service "${params.service}"`, 'fairlead services lists them');
        return { instances: instances.map(view) };
      },
    ),
    route(
      {
        method: 'POST',
        path: '/v1/services',
        id: 'registerService',
        tag: 'services',
        summary: 'register an instance on the node of this server; the same again changes nothing',
        description: 'Agents report their own services, and Consul’s API takes the rest of what Consul can say.',
        role: 'agent',
        body: registration,
        status: 201,
        answer: instance,
        audit: 'service.register',
        auditTarget: ({ body }) => body.id ?? body.name,
      },
      async ({ body }) => {
        const { name, id = name, address, port, tags, meta, ttl } = body;
        const check =
          ttl === undefined
            ? []
            : [
                {
                  id: `service:${id}`,
                  name: `Service '${name}' check`,
                  notes: '',
                  output: '',
                  serviceId: id,
                  type: 'ttl' as const,
                  ttl: { ...ttlOf, ttlMs: ttl },
                },
              ];
        const outcome = await registry.registerService(
          {
            id,
            name,
            address,
            port,
            tags: [...new Set(tags)],
            meta,
            taggedAddresses: {},
            weights: { passing: 1, warning: 1 },
            enableTagOverride: false,
            checks: check,
          },
          { replaceChecks: true },
        );
        if (!outcome.ok) return refusedBy(outcome);
        const made = find(id, registry.localNode);
        return 'refused' in made ? made : view(made);
      },
    ),
    route(
      {
        method: 'DELETE',
        path: '/v1/services/instances/{id}',
        id: 'deregisterService',
        tag: 'services',
        summary: 'take an instance out of the catalog; what an agent reports, only the agent can take back',
        role: 'operator',
        params: byId,
        query: onNode,
        status: 204,
        answer: noContent,
        audit: 'service.deregister',
        auditTarget: ({ params, query }) => (query.node === undefined ? params.id : `${params.id} on ${query.node}`),
      },
      async ({ params, query, actor }) => {
        const found = find(params.id, query.node);
        if ('refused' in found) return found;
        const outcome = await registry.deregisterService(found.node.name, params.id, `deregistered by ${actor.name}`);
        return outcome.ok ? undefined : refusedBy(outcome);
      },
    ),
    route(
      {
        method: 'PUT',
        path: '/v1/services/instances/{id}/maintenance',
        id: 'setServiceMaintenance',
        tag: 'services',
        summary: 'take an instance of this server out of service, or put it back',
        role: 'operator',
        params: byId,
        body: z.strictObject({ on: z.boolean(), reason: z.string().max(500).default('') }),
        answer: instance,
        audit: 'service.maintenance',
        auditTarget: ({ params, body }) => `${params.id} ${body.on ? 'on' : 'off'}`,
      },
      async ({ params, body }) => {
        const found = find(params.id, registry.localNode);
        if ('refused' in found) {
          const elsewhere = find(params.id, undefined);
          return 'refused' in elsewhere && elsewhere.code === 'no-such-service'
            ? elsewhere
            : refusal(
                409,
                'not-local',
                `"${params.id}" is not on the node of this server`,
                'maintenance is for what was registered here; stop the service where it runs',
              );
        }
        const outcome = await registry.setMaintenance({ serviceId: params.id, on: body.on, reason: body.reason });
        const now = outcome.ok ? find(params.id, registry.localNode) : refusedBy(outcome);
        return 'refused' in now ? now : view(now);
      },
    ),
  ];
}

const ttlOf = { successBeforePassing: 0, failuresBeforeWarning: 0, failuresBeforeCritical: 0 };

const tagged =
  (tag: string | undefined) =>
  (one: Instance): boolean =>
    tag === undefined || one.service.tags.includes(tag);

function summary(name: string, instances: readonly Instance[]) {
  const counts = { passing: 0, warning: 0, critical: 0, maintenance: 0 };
  for (const one of instances) counts[instanceHealth(one)] += 1;
  return { name, tags: [...new Set(instances.flatMap((one) => one.service.tags))].sort(), instances: counts };
}

type Outcome = Awaited<ReturnType<DiscoveryRegistry['registerService']>>;

function refusedBy({ status, problem }: Extract<Outcome, { ok: false }>): Refusal {
  // The catalog's words are Consul's, whose status for "no such thing to do" is 500.
  return status === 500 ? refusal(409, 'service', problem) : refusal(status, 'service', problem);
}
