import type { Context } from '../../context.ts';
import { gap } from '../../dial.ts';
import { entryOf } from '../../images/index.ts';
import { listen, listenAt } from '../../listen.ts';
import { imageOf } from '../../parse/image-reference.ts';
import type { Value } from '../../parse/value.ts';
import { hasUnknown } from '../../parse/value.ts';
import type { Flag } from '../../parse/words.ts';
import { flagsOf, splitWords } from '../../parse/words.ts';
import type { AgentFacts, Program } from '../../program.ts';
import { facts, joinFacts } from '../../program.ts';
import type { Server } from './servers.ts';
import { servers } from './servers.ts';

/** Web servers and the like that somebody starts on a command line of an image of their own. */
export const commandLine: Program = {
  name: 'command-line',
  // An image of the table knows better what its own binary does without flags.
  matches: (workload) => (workload.command !== undefined || workload.entrypoint !== undefined) && entryOf(imageOf(workload)) === undefined,
  read: (_workload, context) => {
    for (let at = 0; at < Math.min(context.words.length, 50); at += 1) {
      const found = serverAt(context.words, at);
      if (found !== undefined) return readServer(found, at, context);
    }
    return facts({});
  },
};

function serverAt(words: readonly Value[], at: number): Server | undefined {
  const line = words
    .slice(at, at + 12)
    .map(({ text }, index) => (index === 0 ? text.replace(/^.*\//, '') : text))
    .join(' ');
  return servers.find(({ command }) => command.test(line));
}

function readServer(server: Server, at: number, context: Context): AgentFacts {
  const more = server.flagsVariable === undefined ? undefined : context.variable(server.flagsVariable);
  const moreFlags = more === undefined ? [] : flagsOf(splitWords(more, context.resolve));
  const taken = (names: readonly string[] | undefined): readonly Flag[] => {
    const given = context.flags.filter((flag) => names?.includes(flag.name) === true && (flag.indices[0] ?? 0) > at);
    return given.length > 0 ? given : moreFlags.filter((flag) => names?.includes(flag.name) === true);
  };
  const value = (names: readonly string[] | undefined): Value | undefined => {
    const flag = taken(names).at(-1);
    if (flag !== undefined) context.flag(flag.name);
    return flag?.value;
  };
  const setting = server.program;
  const place = (host: string) => ({
    kind: 'default' as const,
    text: `default of ${server.program}: listens on ${host}:${server.defaultPort ?? ''}`,
  });
  const binds = taken(server.bind).flatMap(({ name, value: bound }) => (bound === undefined ? [] : [{ name, bound }]));
  if (binds.length > 0) return joinFacts(binds.map(({ name, bound }) => readBind(server, name, bound, context)));
  const [file] = taken(server.elsewhere);
  if (file !== undefined) return readElsewhere(server, file, context);
  const positional =
    server.positional === undefined ? undefined : context.words.slice(at + 1).find(({ text }) => server.positional?.test(text));
  const base = { setting, any: server.any, application: 'http' as const, host: server.defaultHost, origin: place(server.defaultHost) };
  if (positional !== undefined) {
    const host = value(server.host);
    if (!positional.text.includes(':')) return listenAt(host, positional, { ...base, port: 0 });
    return listen(positional, { ...base, ...(server.defaultPort === undefined ? {} : { port: server.defaultPort }) });
  }
  const host = value(server.host) ?? (server.hostVariable === undefined ? undefined : context.variable(server.hostVariable));
  const port = value(server.port) ?? (server.portVariable === undefined ? undefined : context.variable(server.portVariable));
  if (server.onlyGiven === true && host === undefined) return facts({});
  const [stage] = (server.environmentVariables ?? []).flatMap((name) => context.peek(name) ?? []);
  const defaultHost =
    stage !== undefined && stage.text !== 'development'
      ? '0.0.0.0'
      : port !== undefined && value(server.port) === undefined
        ? (server.hostWithPortVariable ?? server.defaultHost)
        : server.defaultHost;
  const bare = host === undefined && server.host !== undefined && server.host.some((name) => context.hasFlag(name));
  if (server.defaultPort === undefined && port === undefined) return facts({});
  // Vite's `--host` without a value means all addresses.
  const found = listenAt(host, port, { ...base, origin: place(defaultHost), host: bare ? '' : defaultHost, port: server.defaultPort ?? 0 });
  return { ...found, listenersKnown: found.listeners.length > 0 };
}

/** gunicorn's `bind = "0.0.0.0:8000"`, where the file is mounted; of the others nothing is known. */
function readElsewhere(server: Server, file: Flag, context: Context): AgentFacts {
  const path = file.value?.text.replace(/^(?:file|python):/, '');
  const opened = server.program === 'gunicorn' && path?.startsWith('/') === true ? context.mounted(path) : undefined;
  const config = opened?.kind === 'text' ? opened.config : undefined;
  const match = config === undefined ? null : /^bind\s*=\s*(['"])([^'"\n]+)\1\s*(?:#.*)?$/m.exec(config.text);
  if (config === undefined || match === null) return facts({});
  const text = match[2] ?? '';
  const from = match.index + match[0].indexOf(text);
  return readBind(server, 'bind', { text, origin: config.at(from, from + text.length, true) }, context);
}

function readBind(server: Server, name: string, bound: Value, context: Context): AgentFacts {
  context.flagAll(name);
  if (/^(?:unix|fd):/.test(bound.text)) return facts({ listenersKnown: true });
  if (hasUnknown(bound.text)) return facts({ problems: [gap(bound, name)] });
  return listen(bound, {
    setting: name,
    any: server.any,
    application: 'http',
    ...(server.defaultPort === undefined ? {} : { port: server.defaultPort }),
  });
}
