/** `fairlead agent` */
import type { Agent } from '../agent/agent.ts';
import type { AgentSettings } from '../agent/settings/index.ts';
import type { SourceText as Text } from '../core/text.ts';
import type { Log } from '../observe/log.ts';
import type { Arguments, Command, CommandPage } from './command.ts';
import type { Io } from './io.ts';
import { leanHeap } from './lean-heap.ts';
import { usage } from './parse.ts';
import { untilSignalled, whileStarting } from './run-until.ts';
import { problemLines, readSource } from './settings-file.ts';
import { version } from './version.ts';

const page: CommandPage = {
  name: 'agent',
  summary: 'run the agent: joins a server, reports, watches its links',
  usage: [
    'fairlead agent --config FILE [--data DIR] [--check]',
    'fairlead agent top [--data DIR] [--json]',
    'fairlead agent journal [--data DIR] [--json]',
    'fairlead agent --server URL --ca-fingerprint SHA256 --token-file FILE [--name NAME] [--data DIR] [--health ADDRESS:PORT]',
  ],
  description: [
    'Joins its server with a token, or with mounted certificates, and keeps its identity in the data folder. It never starts over because its server is away: it goes on with its last good configuration.',
    'The token comes from a file or from the environment variable FAIRLEAD_TOKEN, never from an argument, which every user of the machine could read. Before it says anything, the agent verifies the server by the fingerprint of its authority, which fairlead tokens create prints beside the token.',
    'top shows what flows through the agent of a data folder, once a second: rates, lag by file, spool, retries, drops.',
    'journal shows the outages that the agent of a data folder has on record, also while it runs and while its server is away.',
    'SIGHUP reads the settings file again and changes what differs while it runs; a file that is not right changes nothing.',
    '/health, /health/ready and /metrics are on 0.0.0.0:8080 unless the settings say otherwise. The log goes to standard error.',
  ],
  options: [
    {
      title: 'Options',
      options: [
        { name: 'config', short: 'c', placeholder: 'FILE', description: 'settings in YAML or JSON' },
        { name: 'check', description: 'only check the settings' },
        { name: 'data', placeholder: 'DIR', description: 'the data folder; overrides identity.dataDir' },
        { name: 'json', description: 'print top or the journal for programs' },
      ],
    },
    {
      title: 'Instead of a settings file',
      options: [
        {
          name: 'server',
          placeholder: 'URL',
          multiple: true,
          description: 'https://HOST:8444 to join at, wss://HOST:8443/v1/opamp to connect to',
        },
        { name: 'ca-fingerprint', placeholder: 'SHA256', description: 'of the authority of the server' },
        { name: 'ca-file', placeholder: 'FILE', description: 'PEM of the authorities to trust, instead of the fingerprint' },
        { name: 'token-file', placeholder: 'FILE', description: 'the enrolment token' },
        { name: 'name', placeholder: 'NAME', description: 'what people call this agent; the host name when left out' },
        { name: 'health', placeholder: 'ADDRESS:PORT', description: 'where /health and /metrics are served' },
      ],
    },
  ],
  examples: [
    { command: 'fairlead agent --config /etc/fairlead/agent.yaml --check', text: 'is the file right?' },
    {
      command: 'fairlead agent --server https://fleet.example.org:8444 --ca-fingerprint sha256:… --token-file token',
      text: 'join, and stay',
    },
  ],
  exitCodes: [
    { code: 0, meaning: 'ended in order, after SIGTERM or SIGINT' },
    { code: 2, meaning: 'wrong usage or settings; nothing was opened' },
    { code: 3, meaning: 'could not start: a local address is not there, a port is taken, the data folder cannot be used' },
  ],
};

async function run(args: Arguments, io: Io): Promise<number> {
  const [word, ...more] = args.positionals;
  if (word === 'journal' && more.length === 0) return (await import('./agent-journal.ts')).showJournal(args, io);
  if (word === 'top' && more.length === 0) return (await import('./agent-top.ts')).showTop(args, io);
  if (word !== undefined) throw usage(`agent takes no "${more[0] ?? word}"`, 'see fairlead help agent');
  if (args.has('json')) throw usage('--json is for fairlead agent top and journal', 'leave it out; the log is JSON where no terminal is');
  // Before anything is loaded, because the process begins again.
  if (!args.has('check')) leanHeap(2);
  const [{ agentSettings, isJoined }, { readSettings }] = await Promise.all([
    import('../agent/settings/index.ts'),
    import('../config/read.ts'),
  ]);
  const source = await sourceOf(args);
  const read = readSettings(agentSettings, source);
  if (!read.ok) {
    io.say(problemLines(read.problems));
    return 2;
  }
  const data = args.value('data');
  const settings = data === undefined ? read.value : { ...read.value, identity: { ...read.value.identity, dataDir: data } };
  if (args.has('check')) {
    await io.print('the settings are valid\n');
    return 0;
  }
  const [{ startAgent }, { startAlone }, { createLog }, { systemClock }, { Registry }, { processMetrics }] = await Promise.all([
    import('../agent/agent.ts'),
    import('../agent/alone.ts'),
    import('../observe/log-writer.ts'),
    import('../core/clock.ts'),
    import('prom-client'),
    import('../observe/process-metrics.ts'),
  ]);
  const log = createLog({
    level: settings.log.level,
    format: settings.log.format ?? (io.interactive ? 'text' : 'json'),
    clock: systemClock,
    write: (line) => io.say(line),
  });
  const registry = new Registry();
  using _metrics = processMetrics(registry, version());
  using until = untilSignalled();
  /** SIGHUP: the file again, and what differs of it. */
  const reloading = (agent: Pick<Agent, 'reload'>): Disposable => {
    const path = args.value('config');
    const again = () => {
      if (path === undefined) return;
      void reread(path, settings, agent, log).catch((cause: unknown) => log.event('agent.reload.failed', { path, reason: String(cause) }));
    };
    process.on('SIGHUP', again);
    return { [Symbol.dispose]: () => void process.off('SIGHUP', again) };
  };
  const deps = { clock: systemClock, log, registry, version: version(), source, environment: io.env };
  if (isJoined(settings)) {
    await using agent = await whileStarting(until.signal, (signal) => startAgent(settings, { ...deps, signal }));
    using _reloading = reloading(agent);
    await Promise.race([until.ended, agent.failed]);
  } else {
    await using agent = await whileStarting(until.signal, (signal) => startAlone(settings, { ...deps, signal }));
    using _reloading = reloading(agent);
    await Promise.race([until.ended, agent.done]);
  }
  return 0;
}

/** Changes by SIGHUP; the others are bound to what was opened at the start. */
async function reread(path: string, running: AgentSettings, agent: Pick<Agent, 'reload'>, log: Log): Promise<void> {
  const { agentSettings } = await import('../agent/settings/index.ts');
  const { readSettings } = await import('../config/read.ts');
  const source = await readSource(path);
  const read = readSettings(agentSettings, source);
  if (!read.ok) return log.event('agent.reload.failed', { path, reason: problemLines(read.problems).trim() });
  const fixed = (['server', 'identity', 'planes', 'journal', 'health', 'remote'] as const).filter(
    (section) => JSON.stringify(read.value[section]) !== JSON.stringify(running[section]),
  );
  if (fixed.length > 0) log.event('agent.reload.restart', { path, sections: fixed.join(', ') });
  const reason = await agent.reload(read.value, source);
  if (reason === undefined) log.event('agent.reload.done', { path });
  else log.event('agent.reload.failed', { path, reason });
}

const instead = ['server', 'ca-fingerprint', 'ca-file', 'token-file', 'name', 'health'];

/** The settings file, or one made of the flags, so that there is one way to read settings. */
async function sourceOf(args: Arguments): Promise<Text> {
  const file = args.value('config');
  const flags = instead.filter((name) => args.has(name));
  if (file !== undefined) {
    if (flags.length > 0) throw usage(`--config and --${flags[0]} exclude each other`, 'write it into the settings file');
    return readSource(file);
  }
  const { SourceText } = await import('../core/text.ts');
  const servers = args.values('server');
  if (servers.length === 0) throw usage('agent needs --config FILE or --server URL', 'fairlead tokens create prints the whole command');
  const health = args.value('health');
  const name = args.value('name');
  const settings = {
    server: {
      endpoints: servers.filter((url) => /^wss?:/.test(url)),
      enrolment: servers.filter((url) => !/^wss?:/.test(url)),
      caFingerprint: args.value('ca-fingerprint'),
      caFile: args.value('ca-file'),
      tokenFile: args.value('token-file'),
    },
    ...(name === undefined ? {} : { identity: { name } }),
    ...(health === undefined ? {} : { health: { listen: health } }),
  };
  return new SourceText('(command line)', `${JSON.stringify(settings, undefined, 2)}\n`);
}

export const agent: Command = { page, run };
