/** What can be changed through Consul's API. */
import * as z from 'zod';
import { isLoopback, parseAddress } from '../../../core/address.ts';
import { readCatalogRegistration, readCheck, readService } from '../catalog/definitions.ts';
import { type CheckStatus, checkStatuses } from '../catalog/model.ts';
import type { Outcome } from '../catalog/writes.ts';
import type { DiscoveryRegistry } from '../registry.ts';
import { type Answer, done, json, text } from './answers.ts';
import type { Query } from './query.ts';

export interface ChangeContext {
  readonly registry: DiscoveryRegistry;
  readonly name: string;
  readonly query: Query;
  /** The body as JSON; undefined when there is none. */
  readonly body: unknown;
  /** Where the request came from. */
  readonly remote: string;
}

export type ChangeRoute = (context: ChangeContext) => Answer | Promise<Answer>;

const answerOf = (outcome: Outcome, good: Answer = done): Answer => (outcome.ok ? good : text(outcome.status, outcome.problem));
const undecodable = (problem: string): Answer => text(400, `Request decode failed: ${problem}`);

const report =
  (result: CheckStatus): ChangeRoute =>
  async ({ registry, name, query }) =>
    answerOf(await registry.report(name, result, query.args.get('note') ?? ''));

/**
 * Consul's agent runs on the machine of the service, so that "no address" means that machine. Here it means the machine that the
 * request came from, unless that is this one.
 */
function addressFor(address: string, remote: string): string {
  const from = parseAddress(remote);
  return address !== '' || from === undefined || isLoopback(from) ? address : remote;
}

const update = z.object({ Status: z.enum(checkStatuses), Output: z.string().default('') });
const deregistration = z.object({ Node: z.string().min(1), ServiceID: z.string().default(''), CheckID: z.string().default('') });

export const changes: Readonly<Record<string, ChangeRoute>> = {
  'agent/service/register': async ({ registry, body, query, remote }) => {
    const read = readService(body);
    if (!read.ok) return text(400, read.problem);
    const empty = read.value.checks.find(({ type, status }) => type === '' && status === undefined);
    if (empty !== undefined)
      return text(400, `Invalid check "${empty.id}": TTL must be > 0 for TTL checks; other kinds are not run by this server`);
    const replaceChecks = ['', '1', 'true'].includes(query.args.get('replace-existing-checks') ?? 'no');
    const service = { ...read.value, address: addressFor(read.value.address, remote) };
    return answerOf(await registry.registerService(service, { replaceChecks }));
  },
  'agent/service/deregister/:': async ({ registry, name }) =>
    answerOf(await registry.deregisterService(registry.localNode, name, 'it was deregistered')),
  'agent/service/maintenance/:': async (context) => maintenance(context, context.name),
  'agent/maintenance': async (context) => maintenance(context, undefined),
  'agent/check/register': async ({ registry, body }) => {
    const read = readCheck(body);
    return read.ok ? answerOf(await registry.registerCheck(read.value)) : text(400, read.problem);
  },
  'agent/check/deregister/:': async ({ registry, name }) => answerOf(await registry.deregisterCheck(registry.localNode, name)),
  'agent/check/pass/:': report('passing'),
  'agent/check/warn/:': report('warning'),
  'agent/check/fail/:': report('critical'),
  'agent/check/update/:': async ({ registry, name, body }) => {
    const read = update.safeParse(body);
    if (!read.success) return undecodable('{"Status": "passing" | "warning" | "critical", "Output": "…"} is expected');
    return answerOf(await registry.report(name, read.data.Status, read.data.Output));
  },
  'catalog/register': async ({ registry, body }) => {
    const read = readCatalogRegistration(body);
    if (!read.ok) return undecodable(read.problem);
    if (!['', registry.datacenter].includes(read.value.datacenter)) return text(500, 'No path to datacenter');
    return answerOf(await registry.registerInCatalog(read.value), json(true));
  },
  'catalog/deregister': async ({ registry, body }) => {
    const read = deregistration.safeParse(body);
    if (!read.success) return undecodable('Must provide node');
    const { Node, ServiceID, CheckID } = read.data;
    const outcome =
      ServiceID !== ''
        ? await registry.deregisterService(Node, ServiceID, 'it was deregistered from the catalog')
        : CheckID !== ''
          ? await registry.deregisterCheck(Node, CheckID)
          : await registry.removeNode(Node, 'it was deregistered from the catalog');
    // What is not there is gone already: the catalog's endpoint answers true, unlike the agent's.
    return outcome.ok || outcome.status === 404 ? json(true) : answerOf(outcome);
  },
};

async function maintenance({ registry, query }: ChangeContext, serviceId: string | undefined): Promise<Answer> {
  const enable = query.args.get('enable');
  if (serviceId === '') return text(400, 'Missing service ID');
  if (enable !== 'true' && enable !== 'false' && enable !== '1' && enable !== '0') return text(400, 'Missing value for enable');
  const on = enable === 'true' || enable === '1';
  return answerOf(
    await registry.setMaintenance({ ...(serviceId === undefined ? {} : { serviceId }), on, reason: query.args.get('reason') ?? '' }),
  );
}
