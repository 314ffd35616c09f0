/**
 * Registrations as Consul's API takes them → values of the catalog. Consul reads keys without regard to case and underscores
 * (`DeregisterCriticalServiceAfter`, `deregister_critical_service_after`), takes null for "not given", and ignores keys that it
 * does not know; clients rely on all three.
 */
import * as z from 'zod';
import { isUnspecified, parseAddress } from '../../../core/address.ts';
import { parseDuration } from '../../../core/duration.ts';
import { boundedOutput, limits } from './limits.ts';
import { type Check, checkStatuses, type Service, type TaggedAddress, type Texts } from './model.ts';

export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** These hold names that users chose; what is inside of them is left as it is. */
const verbatim = new Set(['meta', 'nodemeta', 'taggedaddresses', 'header']);

function normalised(value: unknown, deep = 0): unknown {
  if (deep > 16) return undefined;
  if (Array.isArray(value)) return value.map((item) => normalised(item, deep + 1));
  if (value === null) return undefined;
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => {
    const plain = key.replaceAll('_', '').toLowerCase();
    return [plain, item === null ? undefined : verbatim.has(plain) ? item : normalised(item, deep + 1)];
  });
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
}

/** No control characters: these texts end up in answers, logs and labels. */
const text = (chars: number) =>
  z
    .string()
    .max(chars)
    .regex(/^[^\p{Cc}]*$/u, 'has control characters');
const name = text(limits.nameChars).min(1);
const id = text(limits.idChars).min(1);

/** Go's durations as text, or nanoseconds as a number. */
const goDuration = z.union([z.string(), z.number()]).transform((value, context) => {
  const ms = typeof value === 'number' ? Math.round(value / 1e6) : parseDuration(value);
  if (ms !== undefined && ms >= 0 && Number.isSafeInteger(ms)) return ms;
  context.addIssue({ code: 'custom', message: `"${value}" is no duration; write "30s"` });
  return z.NEVER;
});

const address = text(limits.addressChars).refine(
  (value) => value === '' || parseAddress(value) !== undefined || /^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?$/.test(value),
  { error: 'is neither an IP address nor a host name' },
);
const port = z.int().min(0).max(65_535);
const texts = z
  .record(z.string().min(1).max(limits.metaKeyChars), z.string().max(limits.metaValueChars))
  .refine((value) => Object.keys(value).length <= limits.metaPairs, { error: `has more than ${limits.metaPairs} pairs` });
const counter = z.int().min(0).max(1_000).optional();

/** Checks that Consul's agent would carry out. We run none: what a check reaches depends on where it runs, and agents run theirs. */
const activeKinds = [
  'http',
  'tcp',
  'udp',
  'grpc',
  'args',
  'script',
  'dockercontainerid',
  'aliasnode',
  'aliasservice',
  'h2ping',
  'osservice',
];

const checkShape = z
  .looseObject({
    id: id.optional(),
    checkid: id.optional(),
    name: text(limits.idChars).optional(),
    notes: text(limits.notesChars).optional(),
    status: z.enum([...checkStatuses, '']).optional(),
    output: z.string().optional(),
    serviceid: z.string().max(limits.idChars).optional(),
    ttl: goDuration.optional(),
    deregistercriticalserviceafter: goDuration.optional(),
    successbeforepassing: counter,
    failuresbeforewarning: counter,
    failuresbeforecritical: counter,
  })
  .superRefine((value, context) => {
    const active = activeKinds.find((kind) => value[kind] !== undefined && value[kind] !== '' && value[kind] !== 0);
    if (active !== undefined)
      context.addIssue({
        code: 'custom',
        message: `${active} checks are not run by this server; use a TTL check, or let an agent check it`,
      });
  });

const weights = z.looseObject({ passing: z.int().min(0).max(65_535).default(1), warning: z.int().min(0).max(65_535).default(1) });

const serviceShape = z.looseObject({
  id: id.or(z.literal('')).optional(),
  // An agent's API says Name, the catalog's says Service.
  name: z.string().optional(),
  service: z.string().optional(),
  kind: z.string().optional(),
  address: address.optional(),
  port: port.optional(),
  tags: z.array(text(limits.tagChars)).max(limits.tags).optional(),
  meta: texts.optional(),
  taggedaddresses: z
    .record(z.string().max(limits.nameChars), z.looseObject({ Address: address.optional(), Port: port.optional() }))
    .optional(),
  weights: weights.optional(),
  enabletagoverride: z.boolean().optional(),
  check: checkShape.optional(),
  checks: z.array(checkShape).max(limits.checksPerService).optional(),
});

const nodeShape = z.looseObject({
  node: name,
  id: z.string().max(64).optional(),
  address: address.optional(),
  nodemeta: texts.optional(),
  taggedaddresses: texts.optional(),
  skipnodeupdate: z.boolean().optional(),
  datacenter: z.string().optional(),
  service: serviceShape.optional(),
  check: checkShape.optional(),
  checks: z.array(checkShape).max(limits.checksPerService).optional(),
});

type CheckInput = z.output<typeof checkShape>;

/** A check whose status was not given: critical when it is new, as it was when it is known. */
export type CheckDefinition = Omit<Check, 'status'> & { readonly status?: Check['status']; readonly serviceId: string };
export type ServiceDefinition = Omit<Service, 'checks'> & { readonly checks: readonly CheckDefinition[] };

export interface CatalogRegistration {
  readonly node: string;
  readonly id: string;
  readonly address: string;
  readonly meta: Texts;
  readonly taggedAddresses: Texts;
  readonly skipNodeUpdate: boolean;
  readonly datacenter: string;
  readonly service?: ServiceDefinition;
  readonly checks: readonly CheckDefinition[];
}

/** Consul raises anything below to this; a shorter time would take services away in the pause of a garbage collection. */
const shortestDeregisterMs = 60_000;

function checkOf(input: CheckInput, fallback: { readonly id: string; readonly name: string }): CheckDefinition {
  const checkId = input.checkid ?? input.id ?? fallback.id;
  const after = input.deregistercriticalserviceafter ?? 0;
  const critical = input.failuresbeforecritical ?? 0;
  return {
    id: checkId,
    name: input.name ?? fallback.name,
    notes: input.notes ?? '',
    output: boundedOutput(input.output ?? ''),
    serviceId: input.serviceid ?? '',
    ...(input.status === undefined || input.status === '' ? {} : { status: input.status }),
    ...(input.ttl === undefined || input.ttl === 0
      ? { type: '' as const }
      : {
          type: 'ttl' as const,
          ttl: {
            ttlMs: input.ttl,
            successBeforePassing: input.successbeforepassing ?? 0,
            failuresBeforeWarning: input.failuresbeforewarning ?? critical,
            failuresBeforeCritical: critical,
          },
        }),
    ...(after === 0 ? {} : { deregisterAfterMs: Math.max(shortestDeregisterMs, after) }),
  };
}

/** Listening on all addresses is no address to connect to: the node's is meant. */
function usable(text: string): string {
  const parsed = parseAddress(text);
  return parsed !== undefined && isUnspecified(parsed) ? '' : text;
}

function serviceOf(input: z.output<typeof serviceShape>, nameOf: string | undefined): Read<ServiceDefinition> {
  const parsedName = name.safeParse(nameOf ?? '');
  if (nameOf === undefined || nameOf === '') return { ok: false, problem: 'Missing service name' };
  if (!parsedName.success) return { ok: false, problem: `the service name ${sentenceOf(parsedName.error)}` };
  if (input.kind !== undefined && input.kind !== '')
    return { ok: false, problem: `services of kind ${input.kind} are not supported: there is no service mesh here` };
  const serviceId = input.id === undefined || input.id === '' ? nameOf : input.id;
  const inputs = [...(input.check === undefined ? [] : [input.check]), ...(input.checks ?? [])];
  const checks = inputs.map((check, at) =>
    checkOf(check, {
      id: inputs.length > 1 ? `service:${serviceId}:${at + 1}` : `service:${serviceId}`,
      name: `Service '${nameOf}' check`,
    }),
  );
  const tagged = Object.entries(input.taggedaddresses ?? {}).map(([key, value]): [string, TaggedAddress] => [
    key,
    { address: value.Address ?? '', port: value.Port ?? 0 },
  ]);
  const value: ServiceDefinition = {
    id: serviceId,
    name: nameOf,
    address: usable(input.address ?? ''),
    port: input.port ?? 0,
    tags: [...new Set(input.tags ?? [])],
    meta: input.meta ?? {},
    taggedAddresses: Object.fromEntries(tagged),
    weights: { passing: input.weights?.passing ?? 1, warning: input.weights?.warning ?? 1 },
    enableTagOverride: input.enabletagoverride ?? false,
    checks,
  };
  return { ok: true, value };
}

export function readService(json: unknown): Read<ServiceDefinition> {
  const input = serviceShape.safeParse(normalised(json));
  return input.success ? serviceOf(input.data, input.data.name) : { ok: false, problem: sentenceOf(input.error) };
}

export function readCheck(json: unknown): Read<CheckDefinition> {
  const input = checkShape.safeParse(normalised(json));
  if (!input.success) return { ok: false, problem: sentenceOf(input.error) };
  const checkId = input.data.checkid ?? input.data.id ?? input.data.name ?? '';
  if (checkId === '') return { ok: false, problem: 'Missing check name' };
  if (input.data.ttl === undefined && input.data.status === undefined)
    return { ok: false, problem: 'Invalid check: TTL must be > 0 for TTL checks; other kinds are not run by this server' };
  return { ok: true, value: checkOf(input.data, { id: checkId, name: checkId }) };
}

export function readCatalogRegistration(json: unknown): Read<CatalogRegistration> {
  const input = nodeShape.safeParse(normalised(json));
  if (!input.success) return { ok: false, problem: sentenceOf(input.error) };
  const { data } = input;
  if ((data.address ?? '') === '' && data.skipnodeupdate !== true)
    return { ok: false, problem: 'Must provide address if SkipNodeUpdate is not set' };
  const service = data.service === undefined ? undefined : serviceOf(data.service, data.service.service ?? data.service.name);
  if (service?.ok === false) return service;
  const inputs = [...(data.check === undefined ? [] : [data.check]), ...(data.checks ?? [])];
  const nameless = inputs.find((check) => (check.checkid ?? check.id ?? check.name ?? '') === '');
  if (nameless !== undefined) return { ok: false, problem: 'a check needs a CheckID or a Name' };
  const checks = inputs.map((check) => {
    const own = check.checkid ?? check.name ?? '';
    return checkOf(check, { id: own, name: own });
  });
  const value: CatalogRegistration = {
    node: data.node,
    id: data.id ?? '',
    address: data.address ?? '',
    meta: data.nodemeta ?? {},
    taggedAddresses: data.taggedaddresses ?? {},
    skipNodeUpdate: data.skipnodeupdate ?? false,
    datacenter: data.datacenter ?? '',
    checks,
    ...(service === undefined ? {} : { service: service.value }),
  };
  return { ok: true, value };
}

/** The first thing that is wrong, with its place. */
function sentenceOf(error: z.ZodError): string {
  const [issue] = error.issues;
  const at = issue?.path.join('.') ?? '';
  return `${at === '' ? '' : `${at}: `}${issue?.message ?? 'is not understood'}`;
}
