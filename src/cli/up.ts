/** `fairlead up`: a server and one agent on this machine, with nothing to set. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerSettings } from '../server/settings.ts';
import type { RunningServer } from '../server/start.ts';
import { type Api, createApi } from './api.ts';
import type { Arguments, Command, CommandPage } from './command.ts';
import { upFolder } from './context.ts';
import type { Io } from './io.ts';
import { usage } from './parse.ts';
import { untilSignalled, whileStarting } from './run-until.ts';
import { problemLines } from './settings-file.ts';
import { kafkaLines, onSaved, pipelinePath, upPipeline } from './up-pipeline.ts';
import { version } from './version.ts';

const page: CommandPage = {
  name: 'up',
  summary: 'start a server and one agent on this machine, and collect its logs',
  usage: ['fairlead up [--demo] [--data DIR] [--verbose]'],
  description: [
    'The whole product on defaults: a control plane that listens on loopback, an agent of this machine that joins it with a one-time token, and what to try next. It needs no settings and no rights.',
    'The agent tails the logs of this machine that it may read, from now on, into a local archive (rotated, compressed, bounded). pipeline.yaml in the data folder says what is collected and where it goes; it is read again whenever it is saved.',
    'Where a usual port is taken, the system chooses another one; the commands find the server by the context file that it writes. State is kept in the data folder, and the next fairlead up goes on with it.',
  ],
  options: [
    {
      title: 'Options',
      options: [
        { name: 'data', placeholder: 'DIR', description: '~/.local/state/fairlead unless stated' },
        { name: 'demo', description: 'write and collect the log of a small application too' },
        { name: 'verbose', description: 'print the log too' },
      ],
    },
  ],
  examples: [{ command: 'fairlead up', text: 'start; Ctrl-C ends both in order' }],
  exitCodes: [
    { code: 0, meaning: 'ended in order, after SIGTERM or SIGINT' },
    { code: 2, meaning: 'wrong usage' },
    { code: 3, meaning: 'could not start' },
  ],
};

/** Loopback only: whoever wants others to reach it runs fairlead server with settings. */
const usual = { agents: 8443, enrolment: 8444, api: 8445, discovery: 8500, dns: 8600, health: 8446, agentHealth: 8080 } as const;
type Ports = Readonly<Record<keyof typeof usual, number>>;

/** An agent that has not got through by then has a reason, which is shown; it goes on trying. */
const firstContactMs = 15_000;

async function run(args: Arguments, io: Io): Promise<number> {
  if (args.positionals.length > 0) throw usage(`up takes no ${args.positionals[0]}`, 'see fairlead help up');
  const folder = args.value('data') ?? upFolder(io.env);
  const parts = await load();
  const log = args.has('verbose')
    ? parts.createLog({ level: 'info', format: 'text', clock: parts.systemClock, write: (line) => io.say(line) })
    : parts.silentLog;
  using until = untilSignalled();
  const say = (mark: string, what: string, text: string) => io.print(`  ${mark} ${what.padEnd(12)} ${text}\n`);

  await io.print('\nfairlead up: a control plane and one agent on this machine\n\n');
  const { ports, moved } = await choosePorts(parts);
  await using server = await parts.startServer(serverSettingsFor(parts, folder, ports), {
    clock: parts.systemClock,
    log,
    version: version(),
    env: io.env,
    validators: { 'fairlead-agent': parts.agentConfigurationProblems },
  });
  await say('√', 'state', folder);
  await say('√', 'authority', server.caFingerprint);
  await say('√', 'server', listenersText(server));
  for (const text of moved) await say('·', '', text);

  const demo = args.has('demo') ? join(folder, 'demo', 'shop.log') : undefined;
  using _demo = demo === undefined ? undefined : await (await import('./demo-log.ts')).demoLog(demo);
  const pipeline = await upPipeline(folder);
  if (!pipeline.ok) {
    io.say(problemLines(pipeline.problems));
    return 2;
  }
  const settings = await agentFiles(server, folder, ports, pipeline.written, demo);
  await using agent = await whileStarting(until.signal, (signal) => startAgent(parts, settings, log, io, signal));
  const connected = await firstContact(agent, until.signal);
  if (until.signal.aborted) return 0;
  if (connected === undefined) {
    const state = agent.state();
    await say('!', 'agent', `not connected yet: ${'reason' in state ? state.reason : ''}; it goes on trying (--verbose shows the log)`);
  } else
    await say(
      '√',
      'agent',
      `${agent.name}, enrolled with a one-time token, connected over ${connected.transport === 'websocket' ? 'WebSocket' : 'HTTP'} and mutual TLS from ${connected.localAddress}`,
    );
  await say('√', 'reports', await reportsText(server, agent.uid));
  await say('√', 'collects', await collectsText(args, io, folder));
  using _saved = onSaved(folder, () => void reload().catch((cause: unknown) => io.say(`${String(cause)}\n`)));
  const reload = async () => {
    const again = await upPipeline(folder);
    if (!again.ok) return io.say(`\n${problemLines(again.problems)}  pipeline.yaml is not used; what ran before goes on\n`);
    const next = await agentFiles(server, folder, ports, again.written, demo);
    const { source, value } = readAgent(parts, next);
    const reason = await agent.reload(value, source);
    await say(
      reason === undefined ? '√' : '×',
      'changed',
      reason === undefined ? 'pipeline.yaml is in use' : `pipeline.yaml is not used: ${reason}`,
    );
  };
  await io.print(next(io, server, agent.name, args.has('data') ? folder : undefined, pipelinePath(folder)));
  await Promise.race([until.ended, server.failed, agent.failed]);
  await io.print('\nending in order; the state stays in its folder\n');
  return 0;
}

async function load() {
  const modules = await Promise.all([
    import('../server/start.ts'),
    import('../server/settings.ts'),
    import('../server/http/listen.ts'),
    import('../agent/agent.ts'),
    import('../agent/settings/index.ts'),
    import('../config/read.ts'),
    import('../core/clock.ts'),
    import('../core/text.ts'),
    import('../observe/log.ts'),
    import('../observe/log-writer.ts'),
    import('prom-client'),
    import('./agent-configuration.ts'),
  ]);
  const [start, serverSettings, listening, agent, agentSettings, reading, clock, text, log, writer, prom, validation] = modules;
  return {
    ...start,
    ...serverSettings,
    ...listening,
    ...agent,
    ...agentSettings,
    ...reading,
    ...clock,
    ...text,
    ...log,
    ...writer,
    ...prom,
    ...validation,
  };
}
type Modules = Awaited<ReturnType<typeof load>>;

async function choosePorts({ isFree, withPort }: Modules): Promise<{ readonly ports: Ports; readonly moved: readonly string[] }> {
  const ports: Record<string, number> = {};
  const moved: string[] = [];
  for (const [name, port] of Object.entries(usual)) {
    const free = await isFree({ host: '127.0.0.1', port });
    ports[name] = free ? port : (await withPort({ host: '127.0.0.1', port: 0 })).port;
    if (!free) moved.push(`port ${port} is taken, so this is on ${ports[name]}`);
  }
  // One entry for each of `usual`.
  return { ports: ports as Ports, moved };
}

function serverSettingsFor({ serverSettings }: Modules, dataDir: string, ports: Ports): ServerSettings {
  const at = (port: number) => `127.0.0.1:${port}`;
  return serverSettings.parse({
    dataDir,
    agents: { listen: at(ports.agents) },
    enrolment: { listen: at(ports.enrolment) },
    api: { listen: at(ports.api) },
    discovery: { http: at(ports.discovery), dns: at(ports.dns), anonymous: 'register' },
    health: { listen: at(ports.health) },
  });
}

function listenersText({ addresses }: RunningServer): string {
  const { agents, enrolment, api, discovery, dns, health } = addresses;
  return `agents ${agents.port}, enrolment ${enrolment.port}, API ${api.port}, discovery ${discovery.port}, DNS ${dns.port}, health ${health.port}; all on 127.0.0.1`;
}

/** A settings file as people would write it, and a token for an agent that has none yet. */
async function agentFiles(
  server: RunningServer,
  folder: string,
  ports: Ports,
  pipeline: unknown,
  demo: string | undefined,
): Promise<{ readonly path: string; readonly text: string }> {
  const dataDir = join(folder, 'agent');
  const tokenFile = join(folder, 'agent-token');
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  // An agent that has joined needs none.
  if (!existsSync(join(dataDir, 'identity.json'))) await writeFile(tokenFile, await newToken(server), { mode: 0o600 });
  const settings = {
    server: { enrolment: [server.enrolUrl], endpoints: [server.agentUrl], caFingerprint: server.caFingerprint, tokenFile },
    identity: { dataDir, labels: { role: 'local' } },
    health: { listen: `127.0.0.1:${ports.agentHealth}` },
    pipeline,
    ...(demo === undefined ? {} : { log_sources: [{ path: demo, format: 'json', tags: ['demo', 'shop'] }] }),
  };
  const path = join(folder, 'agent.json');
  const text = `${JSON.stringify(settings, undefined, 2)}\n`;
  await writeFile(path, text, { mode: 0o600 });
  return { path, text };
}

async function apiOf(server: RunningServer): Promise<Api> {
  const context: { readonly api: string; readonly token: string; readonly ca: string } = JSON.parse(
    await readFile(server.contextFile, 'utf8'),
  );
  return createApi({ ...context, file: server.contextFile });
}

async function newToken(server: RunningServer): Promise<string> {
  const api = await apiOf(server);
  // The shape that routes/enrolment.ts defines.
  const made = (await api.call('POST', '/v1/tokens', { ttl: '10m', note: 'fairlead up' })) as { readonly token: string };
  return made.token;
}

function startAgent(
  parts: Modules,
  { path, text }: { readonly path: string; readonly text: string },
  log: Parameters<Modules['startAgent']>[1]['log'],
  io: Io,
  signal: AbortSignal,
) {
  const { source, value } = readAgent(parts, { path, text });
  return parts.startAgent(value, {
    clock: parts.systemClock,
    log,
    registry: new parts.Registry(),
    version: version(),
    source,
    environment: io.env,
    signal,
  });
}

function readAgent(parts: Modules, { path, text }: { readonly path: string; readonly text: string }) {
  const source = new parts.SourceText(path, text);
  const read = parts.readSettings(parts.agentSettings, source);
  if (!read.ok || !parts.isJoined(read.value)) throw new Error('the settings that fairlead up wrote are not valid');
  return { source, value: read.value };
}

/** As `fairlead agent top` would say it. */
async function collectsText(args: Arguments, io: Io, folder: string): Promise<string> {
  const { localAgent } = await import('./local-agent.ts');
  const dir = join(args.value('data') ?? folder, 'agent');
  const { sources, sinks } = await localAgent({ ...args, value: (name) => (name === 'data' ? dir : undefined) }, io.env).pipeline();
  if (sources.length === 0) return 'nothing: pipeline.yaml names no sources';
  const files = sources.reduce((sum, one) => sum + (one.files ?? 0), 0);
  const into = new Set(sinks.map(({ name, type }) => (type === 'file' ? join(dir, 'archive') : `${name} (${type})`)));
  return `${files} log files of this machine into ${[...into].join(' and ')}`;
}

type Agent = Awaited<ReturnType<Modules['startAgent']>>;

async function firstContact(agent: Agent, signal: AbortSignal) {
  const connected = Promise.withResolvers<void>();
  const stop = agent.onState(({ kind }) => {
    if (kind === 'connected') connected.resolve();
  });
  const timer = setTimeout(() => connected.resolve(), firstContactMs);
  signal.addEventListener('abort', () => connected.resolve(), { once: true });
  if (agent.state().kind !== 'connected') await connected.promise;
  clearTimeout(timer);
  stop();
  const state = agent.state();
  return state.kind === 'connected' ? state : undefined;
}

/** What the server knows of its agent by now, asked as an operator would. */
async function reportsText(server: RunningServer, uid: string): Promise<string> {
  const api = await apiOf(server);
  for (let attempt = 0; ; attempt++) {
    // The shape that routes/agents.ts defines.
    const { host } = (await api.call('GET', `/v1/agents/${uid}`)) as {
      readonly host?: {
        readonly interfaces: readonly unknown[];
        readonly listeners: readonly unknown[];
        readonly routes: readonly unknown[];
      };
    };
    if (host !== undefined)
      return `its host: ${host.interfaces.length} interfaces, ${host.routes.length} routes, ${host.listeners.length} listeners`;
    if (attempt === 20) return 'nothing of its host yet';
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** `elsewhere`: the state is not where the commands look for it by themselves. */
function next(io: Io, server: RunningServer, agent: string, elsewhere: string | undefined, pipeline: string): string {
  const call = io.env.FAIRLEAD_CALLED_AS ?? 'fairlead';
  const { discovery, dns, health } = server.addresses;
  const data = elsewhere === undefined ? '' : ` --data ${join(elsewhere, 'agent')}`;
  const lines: readonly (readonly [string, string])[] = [
    ...(elsewhere !== undefined
      ? [[`export FAIRLEAD_CONTEXT=${server.contextFile}`, 'so that the commands find this server'] as const]
      : []),
    [`${call} tail${data}`, 'records as they flow'],
    [`${call} agent top${data}`, 'rates, lag, spool, retries'],
    [`${call} agents`, 'the fleet'],
    [`${call} agents show ${agent}`, 'its health, its configuration, its certificate'],
    [`${call} tokens create --out token`, 'a token for another agent'],
    [`${call} config put edge agent.yaml`, 'a configuration; fairlead config assign brings it to agents'],
    [`${call} check PATH`, 'prove Compose files and docker commands before they run'],
    [`curl -s http://127.0.0.1:${discovery.port}/v1/prometheus/http_sd`, 'what Prometheus would scrape'],
    [`dig @127.0.0.1 -p ${dns.port} ${agent.toLowerCase()}.node.fairlead`, 'DNS that knows who is alive'],
    [`curl -s http://127.0.0.1:${health.port}/metrics`, 'metrics of the server'],
  ];
  const width = Math.max(...lines.map(([command]) => command.length));
  return `\ntry next, in another terminal\n${lines.map(([command, what]) => `  ${command.padEnd(width)}  ${what}`).join('\n')}\n\nto Kafka instead of the archive: these lines in ${pipeline}, which is read again when it is saved\n${kafkaLines.map((line) => `  ${line}`).join('\n')}\n\nCtrl-C ends both.\n`;
}

export const up: Command = { page, run };
