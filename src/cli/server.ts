/** `fairlead server` */
import type { Arguments, Command, CommandPage } from './command.ts';
import type { Io } from './io.ts';
import { leanHeap } from './lean-heap.ts';
import { usage } from './parse.ts';
import { untilSignalled } from './run-until.ts';
import { settingsFrom } from './settings-file.ts';
import { version } from './version.ts';

const page: CommandPage = {
  name: 'server',
  summary: 'run the control plane: enrolment, fleet, configurations, discovery',
  usage: ['fairlead server [--config FILE] [--data DIR]', 'fairlead server --config FILE --check'],
  description: [
    'Agents connect on 8443 (OpAMP over mutual TLS) and join on 8444; operators use the API on 127.0.0.1:8445; services are found on 127.0.0.1:8500 (Consul API, Prometheus http_sd) and 127.0.0.1:8600 (DNS); /health and /metrics are on 127.0.0.1:8446. Every listener has an address of its own in the settings.',
    'State is one database in the data folder, readable by its owner only. At the first start a context file for an administrator is written beside it: fairlead agents --context DIR/context.json.',
    'All of the settings are checked before anything is opened. The log goes to standard error, as JSON unless that is a terminal.',
  ],
  options: [
    {
      title: 'Options',
      options: [
        { name: 'config', short: 'c', placeholder: 'FILE', description: 'settings in YAML or JSON; all defaults when left out' },
        { name: 'data', placeholder: 'DIR', description: 'the data folder; overrides dataDir of the settings' },
        { name: 'check', description: 'only check the settings' },
      ],
    },
  ],
  examples: [
    { command: 'fairlead server', text: 'on all defaults' },
    { command: 'fairlead server --config /etc/fairlead/server.yaml --check', text: 'is the file right?' },
  ],
  exitCodes: [
    { code: 0, meaning: 'ended in order, after SIGTERM or SIGINT' },
    { code: 2, meaning: 'wrong usage or settings; nothing was opened' },
    { code: 3, meaning: 'could not start or go on: a port is taken, the disk is full, the database is from a newer version' },
  ],
};

async function run(args: Arguments, io: Io): Promise<number> {
  if (args.positionals.length > 0) throw usage(`server takes no ${args.positionals[0]}`, 'see fairlead help server');
  const { serverSettings } = await import('../server/settings.ts');
  const read = await settingsFrom(serverSettings, args.value('config'), io);
  if (read === undefined) return 2;
  const settings = { ...read, dataDir: args.value('data') ?? read.dataDir };
  if (args.has('check')) {
    await io.print('the settings are valid\n');
    return 0;
  }
  leanHeap(4);
  const [{ startServer }, { createLog }, { systemClock }, { agentConfigurationProblems }] = await Promise.all([
    import('../server/start.ts'),
    import('../observe/log-writer.ts'),
    import('../core/clock.ts'),
    import('./agent-configuration.ts'),
  ]);
  const log = createLog({
    level: settings.log.level,
    format: settings.log.format ?? (io.interactive ? 'text' : 'json'),
    clock: systemClock,
    write: (line) => io.say(line),
  });
  using until = untilSignalled();
  await using server = await startServer(settings, {
    clock: systemClock,
    log,
    version: version(),
    env: io.env,
    validators: { 'fairlead-agent': agentConfigurationProblems },
  });
  await Promise.race([until.ended, server.failed]);
  return 0;
}

export const server: Command = { page, run };
