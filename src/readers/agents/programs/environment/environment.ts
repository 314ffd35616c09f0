import type { Evaluator, Workload } from '../../../../network/model.ts';
import type { Context } from '../../context.ts';
import { dial, gap } from '../../dial.ts';
import { AS_WRITTEN, listen, listenAt } from '../../listen.ts';
import { isHost, parseEndpoints } from '../../parse/endpoint.ts';
import type { Value } from '../../parse/value.ts';
import type { AgentFacts, Program } from '../../program.ts';
import { facts, joinFacts, noFacts } from '../../program.ts';
import type { Convention, KeyKind } from './keys.ts';
import { conventionOf, isControl, isOpenKey, isOwnOrOther, isServiceUrl, kindOf, portNames } from './keys.ts';

const MAX_VALUE = 8192;
const ANY = /^(?:0\.0\.0\.0|\[?::\]?)$/;
/** `USE_ZOOKEEPER=true` names no host. */
const SWITCH = /^(?:true|false|yes|no|on|off|none|null|enabled?|disabled?|auto|default)$/i;
const LOOPBACK = /^(?:localhost|127\.[\d.]+|\[?::1\]?)(?::\d+)?$/;

/** The conventions of environment variables, for what no program has taken. */
export const environment: Program = {
  name: 'environment',
  matches: (workload) => workload.environment.length > 0,
  read: (workload, context) => {
    const open = workload.environment.filter(({ name }) => !context.takenVariables.has(name));
    return joinFacts([...open.map((variable) => readVariable(variable, context)), hostAndPort(workload, context)]);
  },
};

function readVariable({ name, origin }: Workload['environment'][number], context: Context): AgentFacts {
  const given = context.peek(name);
  const value = given?.text;
  const named = kindOf(name);
  const kind = named === 'none' && value !== undefined && !/ADVERTISE/i.test(name) && isDialled(name, value, context) ? 'dial' : named;
  if (kind === 'none' || context.takenVariables.has(name)) return noFacts;
  if (given === undefined || value === undefined)
    return kind === 'dial' || kind === 'host' ? passedThrough({ text: name, origin }) : noFacts;
  if (value.length > MAX_VALUE || /^\s*$/.test(value)) return noFacts;
  if (kind === 'listen') return listen(given, { setting: name, any: AS_WRITTEN, ...portSibling(name, context) });
  if (kind !== 'host' && isListenAddress(value)) return listen(given, { setting: name, any: AS_WRITTEN, ...portSibling(name, context) });
  if (isOwnOrOther(name) && LOOPBACK.test(value.trim())) return noFacts;
  return dialled(name, given, kind, context);
}

/** Whatever the key: a URL that no browser opens, or one with the name of another container of the input. */
function isDialled(name: string, value: string, context: Context): boolean {
  if (isServiceUrl(value)) return true;
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(value) && value.length <= MAX_VALUE && isOpenKey(name) && isOfInput(value, context);
}

const isOfInput = (text: string, context: Context): boolean => {
  const endpoints = parseEndpoints(text);
  return (
    endpoints.length > 0 && endpoints.every(({ host }) => host !== undefined && context.names.has(host) && !context.ownNames.has(host))
  );
};

function dialled(name: string, value: Value, kind: KeyKind, context: Context): AgentFacts {
  const convention = conventionOf(name) ?? databaseOf(name, context) ?? (kind === 'host' ? context.serverAt(value.text.trim()) : undefined);
  const port = portNames(name)
    .map((port) => context.peek(port))
    .find((found) => found !== undefined);
  const defaultPort = port === undefined ? convention?.port : undefined;
  // Without a scheme or a port only a name's own key says that it is a host.
  const bare =
    kind === 'host' ||
    (port !== undefined && /(?:SERVER|ADDR|ADDRESS)$/i.test(name)) ||
    (kind === 'dial' && isListOfHosts(name, value.text));
  return dial(value, {
    setting: name,
    purpose: 'dials',
    generic: true,
    bare,
    plane: isControl(name) ? 'control' : 'data',
    evaluator: evaluatorOf(kind, value.text, context),
    portValue: port,
    ...(defaultPort === undefined ? {} : { port: defaultPort }),
    ...(convention === undefined ? {} : { application: convention.application }),
    ...(convention?.transport === undefined ? {} : { transport: convention.transport }),
  });
}

/** `REDIS_NODES=a,b`: several names without ports are hosts only where the key says what they are hosts of. */
const isListOfHosts = (name: string, text: string): boolean =>
  conventionOf(name)?.port !== undefined && text.split(/[,;]/).every((part) => isHost(part.trim()) && !SWITCH.test(part.trim()));

function evaluatorOf(kind: KeyKind, text: string, context: Context): Evaluator {
  if (kind === 'browser' || kind === 'outside') return kind;
  if (kind !== 'browser-or-dial') return 'container';
  return parseEndpoints(text).some(({ host }) => host !== undefined && context.names.has(host)) ? 'container' : 'browser';
}

/** `DB_HOST` with `DB_CONNECTION=pgsql` beside it: what the named kind of database speaks, and on which port. */
function databaseOf(name: string, context: Context): Convention | undefined {
  const stem = /^(.*(?:DB|DATABASE)_?)(?:SERVER_)?(?:HOST|HOSTNAME|SERVER)$/i.exec(name)?.[1];
  if (stem === undefined) return undefined;
  const kinds = ['TYPE', 'CONNECTION', 'CLIENT', 'DRIVER', 'ENGINE', 'DIALECT', 'VENDOR', 'ADAPTER'].map(
    (suffix) => context.peek(`${stem}${suffix}`)?.text,
  );
  // The web and server images of Zabbix have the kind of their database in their name.
  const image = context.image?.repository.startsWith('zabbix/') === true ? context.image.repository : undefined;
  return [...kinds, image].map((kind) => (kind === undefined ? undefined : conventionOf(kind))).find((found) => found !== undefined);
}

function portSibling(name: string, context: Context): { readonly port?: number } {
  const stem = name.replace(/(?:ADDRESS|ADDR|HOST|IP)$/, '');
  const text = [`${stem}PORT`, 'PORT'].map((key) => context.peek(key)?.text).find((found) => found !== undefined);
  const port = Number(text);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? { port } : {};
}

/** `SERVER_ADDRESS=0.0.0.0:9000`: an unspecified address is listened on, whatever the key is called. */
const isListenAddress = (text: string): boolean => /^(?:0\.0\.0\.0|\[?::\]?)(?::\d+)?$|^:\d+$/.test(text.trim());

/** `HOST=0.0.0.0` with `PORT=3000`, `APP_HOST` with `APP_PORT`: what a web service listens on. Assumed: the program may not look at them. */
function hostAndPort(workload: Workload, context: Context): AgentFacts {
  const hosts = workload.environment.filter(({ name }) => name === 'HOST' || (isOwnOrOther(name) && /_HOST$/i.test(name)));
  return joinFacts(
    hosts.map(({ name, value, origin }) => {
      const port = context.peek(name.replace(/HOST$/i, (host) => (host === 'HOST' ? 'PORT' : 'port')));
      const own = name === 'HOST' && LOOPBACK.test(value?.trim() ?? '');
      if (value === undefined || port === undefined || !(own || ANY.test(value.trim()))) return noFacts;
      const found = listenAt({ text: value, origin }, port, { setting: name, any: AS_WRITTEN, port: 0, origin });
      return { ...found, listeners: found.listeners.map((one) => ({ ...one, knowledge: 'assumed' as const })) };
    }),
  );
}

function passedThrough(value: Value): AgentFacts {
  const { hint, ...problem } = gap(value, value.text);
  const message = `${value.text} is passed through from a shell that is not in the input; what it dials is not known`;
  return facts({ problems: [{ ...problem, hint, message }] });
}
