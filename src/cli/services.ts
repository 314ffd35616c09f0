/** `fairlead services` */
import type { Actions } from './actions.ts';
import { doneExitCodes, labelsOf, runAction, wholeNumber } from './actions.ts';
import type { Command, CommandPage } from './command.ts';
import { contextGroup } from './context.ts';
import type { Io } from './io.ts';
import { usage } from './parse.ts';
import { allPages, apiFor, queryOf, show } from './serving.ts';
import { pairsText, printable, table } from './table.ts';

const page: CommandPage = {
  name: 'services',
  summary: 'what can be discovered: services, their instances and checks',
  usage: [
    'fairlead services [list] [--tag TAG]',
    'fairlead services show NAME',
    'fairlead services register NAME --port PORT [--address ADDRESS] [--id ID] [--tag TAG]… [--meta KEY=VALUE]… [--ttl TIME]',
    'fairlead services deregister ID [--node NODE]',
    'fairlead services maintenance ID (on | off) [--reason TEXT]',
  ],
  description: [
    "Agents report their services themselves, and other programs register through Consul's API; lookups (HTTP, DNS, Prometheus) give healthy instances only.",
    'register puts one on the node of the server. With --ttl it is critical unless it is renewed in time, by a request to /v1/agent/check/pass/service:ID of the discovery; without, it is passing until it is deregistered.',
    'deregister takes an instance out; what an agent reports, only the agent can take back. maintenance takes one out of lookups for a while.',
  ],
  options: [
    {
      title: 'Options',
      options: [
        {
          name: 'tag',
          placeholder: 'TAG',
          multiple: true,
          description: 'of list: only instances with it; of register: a tag of the instance',
        },
        { name: 'port', placeholder: 'PORT', description: 'where it listens' },
        { name: 'address', placeholder: 'ADDRESS', description: 'how it is reached; the address of the server unless stated' },
        { name: 'id', placeholder: 'ID', description: 'tells instances apart; the name unless stated' },
        { name: 'meta', placeholder: 'KEY=VALUE', multiple: true, description: 'told with every lookup' },
        { name: 'ttl', placeholder: 'TIME', description: 'critical unless it is renewed within this time' },
        { name: 'node', placeholder: 'NODE', description: 'which one, when several nodes have an instance with this id' },
        { name: 'reason', placeholder: 'TEXT', description: 'why: told with every lookup of the instance' },
      ],
    },
    contextGroup,
  ],
  examples: [
    { command: 'fairlead services', text: 'all services, and how many instances are healthy' },
    { command: 'fairlead services show kafka', text: 'where they are, and what their checks say' },
    {
      command: 'fairlead services register kafka --id kafka-1 --address 192.0.2.7 --port 9092',
      text: 'one that registers nowhere by itself',
    },
  ],
  exitCodes: doneExitCodes,
};

interface ServiceSummary {
  readonly name: string;
  readonly tags: readonly string[];
  readonly instances: Readonly<Record<'passing' | 'warning' | 'critical' | 'maintenance', number>>;
}

interface Instance {
  readonly id: string;
  readonly service: string;
  readonly node: string;
  readonly agent?: string;
  readonly address: string;
  readonly port: number;
  readonly tags: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
  readonly health: string;
  readonly checks: readonly { readonly id: string; readonly name: string; readonly status: string; readonly output: string }[];
}

const colours: Readonly<Record<string, string>> = { passing: '32', warning: '33', critical: '31', maintenance: '33' };

function listText(all: readonly ServiceSummary[], io: Io): string {
  if (all.length === 0) return 'no services\n';
  const count = (of: keyof ServiceSummary['instances']) => ({
    title: of,
    value: (one: ServiceSummary) => (one.instances[of] === 0 ? '–' : String(one.instances[of])),
    right: true,
    colour: (one: ServiceSummary) => (one.instances[of] === 0 ? undefined : colours[of]),
  });
  return table<ServiceSummary>(
    [
      { title: 'name', value: (one) => one.name, flexible: true },
      ...[count('passing'), count('warning'), count('critical'), count('maintenance')],
      { title: 'tags', value: (one) => one.tags.join(',') || '–' },
    ],
    all,
    io,
  );
}

function instancesText(all: readonly Instance[], io: Io): string {
  const rows = table<Instance>(
    [
      { title: 'id', value: (one) => one.id, flexible: true },
      { title: 'health', value: (one) => one.health, colour: (one) => colours[one.health] },
      { title: 'address', value: (one) => `${one.address.includes(':') ? `[${one.address}]` : one.address}:${one.port}` },
      { title: 'node', value: (one) => `${one.node}${one.agent === undefined ? '' : ' (agent)'}`, flexible: true },
      { title: 'tags', value: (one) => one.tags.join(',') || '–', flexible: true },
      { title: 'meta', value: (one) => pairsText(one.meta) },
    ],
    all,
    io,
  );
  const ill = all.flatMap((one) => one.checks.filter(({ status }) => status !== 'passing').map((check) => ({ one, check })));
  const lines = ill.map(
    ({ one, check }) => `  ${one.id}: ${check.name} is ${check.status}${check.output === '' ? '' : `: ${check.output}`}`,
  );
  return lines.length === 0 ? rows : `${rows}\nnot passing:\n${lines.map((line) => `${printable(line)}\n`).join('')}`;
}

const instancePath = (id: string, rest = '') => `/v1/services/instances/${encodeURIComponent(id)}${rest}`;

const actions: Actions = {
  list: {
    takes: [],
    options: ['tag'],
    async run(_rest, args, io) {
      const { entries } = await allPages<ServiceSummary>(
        apiFor(args, io),
        `/v1/services${queryOf({ tag: args.value('tag') })}`,
        'services',
      );
      return show(entries, args, io, (all) => listText(all, io));
    },
  },
  show: {
    takes: ['NAME'],
    async run([name = ''], args, io) {
      // The shape that routes/services.ts defines.
      const answer = (await apiFor(args, io).call('GET', `/v1/services/${encodeURIComponent(name)}`)) as {
        readonly instances: readonly Instance[];
      };
      return show(answer.instances, args, io, (all) => instancesText(all, io));
    },
  },
  register: {
    takes: ['NAME'],
    options: ['port', 'address', 'id', 'tag', 'meta', 'ttl'],
    async run([name], args, io) {
      const port = wholeNumber(args, 'port', 9092);
      if (port === undefined) throw usage('services register needs --port PORT', 'write --port 9092');
      const body = {
        name,
        port,
        id: args.value('id'),
        address: args.value('address'),
        tags: args.values('tag'),
        meta: labelsOf(args.values('meta')),
        ttl: args.value('ttl'),
      };
      // The shape that routes/services.ts defines.
      return show((await apiFor(args, io).call('POST', '/v1/services', body)) as Instance, args, io, (one) => instancesText([one], io));
    },
  },
  deregister: {
    takes: ['ID'],
    options: ['node'],
    async run([id = ''], args, io) {
      await apiFor(args, io).call('DELETE', `${instancePath(id)}${queryOf({ node: args.value('node') })}`);
      return show({ deregistered: id }, args, io, () => `${printable(id)} is deregistered\n`);
    },
  },
  maintenance: {
    takes: ['ID', 'on|off'],
    options: ['reason'],
    async run([id = '', word = ''], args, io) {
      if (word !== 'on' && word !== 'off') throw usage(`"${word}" is neither on nor off`, `write fairlead services maintenance ${id} on`);
      const body = { on: word === 'on', reason: args.value('reason') };
      // The shape that routes/services.ts defines.
      const answer = (await apiFor(args, io).call('PUT', instancePath(id, '/maintenance'), body)) as Instance;
      return show(answer, args, io, (one) => instancesText([one], io));
    },
  },
};

export const services: Command = { page, run: (args, io) => runAction(page, actions, args, io) };
