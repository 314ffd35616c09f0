/** `fairlead agents` */
import { livenessStates } from '../server/fleet/agent.ts';
import type { Actions } from './actions.ts';
import { doneExitCodes, runAction, wholeNumber } from './actions.ts';
import type { Command, CommandPage } from './command.ts';
import { contextGroup } from './context.ts';
import type { Io } from './io.ts';
import { usage } from './parse.ts';
import { allPages, apiFor, queryOf, show } from './serving.ts';
import { ago, coloured, pairsText, printable, printableLines, shortTime, table } from './table.ts';

const page: CommandPage = {
  name: 'agents',
  summary: 'the fleet: who is there, how they are, and what to do with one',
  usage: [
    'fairlead agents [list] [--selector SELECTOR] [--state STATE]',
    'fairlead agents show AGENT',
    'fairlead agents outages AGENT',
    'fairlead agents label AGENT KEY=VALUE… KEY-…',
    'fairlead agents liveness AGENT [--ttl TIME | --fail-threshold N] [--heartbeat TIME] [--expire-after TIME]',
    'fairlead agents revoke AGENT [--reason TEXT]',
    'fairlead agents remove AGENT',
    'fairlead agents watch',
  ],
  description: [
    'AGENT is a name or a UID. An agent is online, suspect (late, and still served by discovery), offline (silent for its whole ttl), stopped (it said goodbye) or expired.',
    'label sets labels beside those that an operator has set before, and KEY- takes one away; labels of the token that it joined with come first. Labels choose the configuration: fairlead config explain AGENT says which.',
    'liveness judges the silence of one agent by rules of its own; without an option it is judged as its group is.',
    'revoke ends its connection within a second, and it cannot come back without a new token; remove forgets it as well.',
  ],
  options: [
    {
      title: 'Options',
      options: [
        {
          name: 'selector',
          short: 'l',
          placeholder: 'SELECTOR',
          description: 'only agents with these labels: env=prod,role!=canary,region in (eu, us)',
        },
        { name: 'state', placeholder: 'STATE', description: livenessStates.join(', ') },
        { name: 'ttl', placeholder: 'TIME', description: 'silence after which this agent is offline' },
        { name: 'fail-threshold', placeholder: 'N', description: 'the same as --ttl, as a number of missed heartbeats' },
        { name: 'heartbeat', placeholder: 'TIME', description: 'how often this agent is asked to send a heartbeat' },
        { name: 'expire-after', placeholder: 'TIME', description: 'offline for so long, it is expired' },
        { name: 'reason', placeholder: 'TEXT', description: 'why: told to the agent, and kept in the log' },
      ],
    },
    contextGroup,
  ],
  examples: [
    { command: 'fairlead agents', text: 'everybody' },
    { command: "fairlead agents -l 'env=prod' --state offline", text: 'who of production is silent' },
    { command: 'fairlead agents label edge-7 env=canary old-', text: 'into the canary group' },
    { command: 'fairlead agents show edge-7', text: 'its health, its configuration, its host' },
  ],
  exitCodes: doneExitCodes,
};

interface Agent {
  readonly uid: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly liveness: { readonly state: string; readonly since: string; readonly reason: string };
  readonly lastHeard?: string;
  readonly healthy: boolean;
  readonly config: {
    readonly name?: string;
    readonly version?: number;
    readonly wanted?: string;
    readonly hash: string;
    readonly status: string;
    readonly error: string;
    readonly because?: string;
  };
  readonly connection?: { readonly transport: string; readonly remote: string; readonly since: string };
  readonly revoked?: true;
  readonly ephemeral: boolean;
  readonly enrolled: string;
}

interface AgentDetail extends Agent {
  readonly identifying: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, string>>;
  readonly health: readonly {
    readonly path: string;
    readonly healthy: boolean;
    readonly status: string;
    readonly lastError: string;
    readonly since: string;
  }[];
  readonly effectiveConfig: Readonly<Record<string, string>>;
  readonly conflict?: string;
  readonly judged?: { readonly heartbeatInterval: string; readonly ttl: string; readonly expireAfter: string; readonly own: boolean };
}

/** What describes every agent (semantic conventions of OpenTelemetry) can be selected by as well, and would fill every line. */
const given = (labels: Agent['labels']): Agent['labels'] =>
  Object.fromEntries(Object.entries(labels).filter(([key]) => !/^(?:host|os|service|process|container|k8s|fairlead)\./.test(key)));

const colours: Readonly<Record<string, string>> = { online: '32', suspect: '33', offline: '31', expired: '31' };
const paint = (text: string, state: string, io: Io) => coloured(text, colours[state], io);

const configText = ({ config }: Agent): string => {
  if (config.name === undefined) return config.hash === '' ? '–' : 'its own';
  const running = config.wanted === config.hash ? config.status : config.status === 'failed' ? 'failed' : 'waiting';
  return `${config.name}@${config.version}${running === 'applied' ? '' : ` ${running}`}`;
};

function listText(agents: readonly Agent[], filtered: boolean, brake: unknown, io: Io): string {
  const now = Date.now();
  const counts = Map.groupBy(agents, ({ liveness }) => liveness.state);
  const summary = livenessStates.flatMap((state) => (counts.has(state) ? [`${counts.get(state)?.length} ${state}`] : [])).join(', ');
  if (agents.length === 0) return filtered ? 'no agent fits\n' : 'no agents; fairlead tokens create makes a token for one to join with\n';
  const rows = table<Agent>(
    [
      { title: 'name', value: (one) => one.name, flexible: true },
      { title: 'state', value: stateText, colour: (one) => (one.revoked ? '31' : colours[one.liveness.state]) },
      { title: 'heard', value: (one) => ago(one.lastHeard, now), right: true },
      { title: 'health', value: healthText, colour: (one) => (healthText(one) === 'unhealthy' ? '31' : undefined) },
      { title: 'config', value: configText, flexible: true, colour: (one) => (one.config.status === 'failed' ? '31' : undefined) },
      { title: 'labels', value: (one) => pairsText(given(one.labels)) },
    ],
    agents,
    io,
  );
  return `${rows}${summary}\n${typeof brake === 'string' ? `${coloured(printable(brake), '33', io)}\n` : ''}`;
}

const stateText = ({ revoked, liveness }: Agent): string => (revoked ? 'revoked' : liveness.state);
const healthText = ({ liveness, healthy }: Agent): string => (liveness.state === 'enrolled' ? '–' : healthy ? 'healthy' : 'unhealthy');

function detailText(agent: AgentDetail, io: Io): string {
  const now = Date.now();
  const line = (title: string, text: string) => `  ${title.padEnd(12)} ${printable(text)}\n`;
  const { liveness, connection, config, judged } = agent;
  const sick = agent.health.filter(({ healthy }) => !healthy);
  const state = `${agent.revoked ? 'revoked, ' : ''}${paint(liveness.state, liveness.state, io)} for ${ago(liveness.since, now)}`;
  const configuration = `${configText(agent)}${config.because === undefined ? '' : ` by ${config.because}`}`;
  return [
    `${printable(agent.name)}  ${agent.uid}\n`,
    // Painted already: only what the server says is made printable.
    `  ${'state'.padEnd(12)} ${state}${liveness.reason === '' ? '' : `: ${printable(liveness.reason)}`}\n`,
    line('heard', agent.lastHeard === undefined ? 'not since the server started' : `${ago(agent.lastHeard, now)} ago`),
    line(
      'connection',
      connection === undefined ? 'none' : `${connection.transport} from ${connection.remote} for ${ago(connection.since, now)}`,
    ),
    ...(agent.conflict === undefined ? [] : [line('conflict', agent.conflict)]),
    line(
      'health',
      agent.healthy ? 'healthy' : `unhealthy: ${sick.map((one) => `${one.path || 'agent'}: ${one.lastError || one.status}`).join('; ')}`,
    ),
    line('config', configuration),
    ...(config.error === '' ? [] : [`${indented(config.error, 15)}\n`]),
    line('labels', pairsText(given(agent.labels), ' ')),
    line('describes', pairsText({ ...agent.identifying, ...agent.attributes }, ' ')),
    ...(judged === undefined
      ? []
      : [
          line(
            'judged',
            `heartbeat ${judged.heartbeatInterval}, offline after ${judged.ttl}, expired after ${judged.expireAfter}${judged.own ? ' (by rules of its own)' : ''}`,
          ),
        ]),
    line('enrolled', `${agent.enrolled}${agent.ephemeral ? ', ephemeral' : ''}`),
    ...Object.entries(agent.effectiveConfig).map(
      ([name, text]) => `\n  runs ${printable(name) || 'this configuration'}\n${indented(text.trimEnd(), 4)}\n`,
    ),
  ].join('');
}

const indented = (text: string, spaces: number): string => printableLines(text).replaceAll(/^/gm, ' '.repeat(spaces));

const path = (agent: string | undefined, rest = '') => `/v1/agents/${encodeURIComponent(agent ?? '')}${rest}`;

const actions: Actions = {
  list: {
    takes: [],
    options: ['selector', 'state'],
    async run(_rest, args, io) {
      const query = queryOf({ selector: args.value('selector'), state: args.value('state') });
      const { entries, last } = await allPages<Agent>(apiFor(args, io), `/v1/agents${query}`, 'agents');
      return show(entries, args, io, (agents) => listText(agents, query !== '', last.brake, io));
    },
  },
  show: {
    takes: ['AGENT'],
    async run([agent], args, io) {
      // The shape that routes/agents.ts defines.
      const answer = (await apiFor(args, io).call('GET', path(agent))) as AgentDetail;
      return show(answer, args, io, (detail) => detailText(detail, io));
    },
  },
  outages: {
    takes: ['AGENT'],
    async run([agent], args, io) {
      // The shape that routes/network.ts defines.
      const answer = (await apiFor(args, io).call('GET', path(agent, '/outages'))) as { readonly outages: readonly Outage[] };
      return show(answer, args, io, ({ outages }) => outagesText(outages, io));
    },
  },
  label: {
    takes: ['AGENT', 'KEY=VALUE…'],
    async run([agent, ...pairs], args, io) {
      // The shape that routes/agents.ts defines.
      const answer = (await apiFor(args, io).call('PATCH', path(agent, '/labels'), labelChanges(pairs))) as Agent;
      return show(answer, args, io, ({ name, labels }) => `labels of ${printable(name)}: ${printable(pairsText(labels))}\n`);
    },
  },
  liveness: {
    takes: ['AGENT'],
    options: ['ttl', 'fail-threshold', 'heartbeat', 'expire-after'],
    async run([agent], args, io) {
      const body = {
        heartbeatInterval: args.value('heartbeat'),
        ttl: args.value('ttl'),
        failThreshold: wholeNumber(args, 'fail-threshold', 5),
        expireAfter: args.value('expire-after'),
      };
      // The shape that routes/agents.ts defines.
      const answer = (await apiFor(args, io).call('PUT', path(agent, '/liveness'), body)) as AgentDetail;
      return show(answer, args, io, ({ name, judged }) => {
        if (judged === undefined) return `${printable(name)} is judged by its group\n`;
        const { heartbeatInterval, ttl, expireAfter, own } = judged;
        return `${printable(name)} ${own ? 'has rules of its own now' : 'is judged as its group is'}: heartbeat ${heartbeatInterval}, offline after ${ttl}, expired after ${expireAfter}\n`;
      });
    },
  },
  revoke: {
    takes: ['AGENT'],
    options: ['reason'],
    async run([agent], args, io) {
      await apiFor(args, io).call('POST', path(agent, '/revoke'), { reason: args.value('reason') });
      return show({ revoked: agent }, args, io, () => `the certificates of ${agent} are revoked\n`);
    },
  },
  remove: {
    takes: ['AGENT'],
    async run([agent], args, io) {
      await apiFor(args, io).call('DELETE', path(agent));
      return show({ removed: agent }, args, io, () => `${agent} is forgotten, its certificates are revoked\n`);
    },
  },
  watch: {
    takes: [],
    async run(_rest, args, io) {
      const { untilSignalled } = await import('./run-until.ts');
      using until = untilSignalled();
      for await (const { kind, data } of apiFor(args, io).events('/v1/events?kinds=agent.,reset', until.signal))
        await io.print(args.has('json') ? `${JSON.stringify({ kind, data })}\n` : eventText(kind, data));
      return 0;
    },
  },
};

/** `env=prod` sets, `env-` takes away. */
function labelChanges(words: readonly string[]): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    words.map((word): [string, string | null] => {
      const at = word.indexOf('=');
      if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
      if (at === -1 && word.length > 1 && word.endsWith('-')) return [word.slice(0, -1), null];
      throw usage(`"${word}" is no label`, 'write KEY=VALUE to set one, KEY- to take one away');
    }),
  );
}

interface Outage {
  readonly link: string;
  readonly to: string;
  readonly from: string;
  readonly end?: string;
  readonly durationMs: number;
  readonly attempts: number;
  readonly lastError: string;
}

function outagesText(outages: readonly Outage[], io: Io): string {
  if (outages.length === 0) return 'no outages on record\n';
  return table<Outage>(
    [
      { title: 'from', value: (one) => shortTime(one.from) },
      { title: 'lasted', value: (one) => (one.end === undefined ? 'still' : `${Math.round(one.durationMs / 100) / 10} s`), right: true },
      { title: 'link', value: (one) => one.link },
      { title: 'to', value: (one) => one.to, flexible: true },
      { title: 'tries', value: (one) => String(one.attempts), right: true },
      { title: 'last error', value: (one) => one.lastError },
    ],
    outages,
    io,
  );
}

/** `12:03:04 edge-7 online → suspect: no heartbeat for 62 s` */
function eventText(kind: string, data: unknown): string {
  const fields = Object.entries(typeof data === 'object' && data !== null ? data : {});
  const value = (key: string) => printable(String(fields.find(([name]) => name === key)?.[1] ?? ''));
  const time = new Date().toISOString().slice(11, 19);
  if (kind === 'reset') return `${time} the server was started again, or this was away for too long: changes in between are not known\n`;
  if (kind === 'agent.liveness') return `${time} ${value('name')} ${value('from')} → ${value('to')}: ${value('reason')}\n`;
  return `${time} ${value('name') || value('uid')} ${printable(kind.replace('agent.', ''))}\n`;
}

export const agents: Command = { page, run: (args, io) => runAction(page, actions, args, io) };
