import { readIp } from './attachments.ts';
import { checkArguments } from './check-arguments.ts';
import { type DockerCommand, describeCommand } from './command.ts';
import type { Attachment } from './container.ts';
import type { End, EngineState } from './engine-state.ts';
import { type DockerCommandKind, type FlagSet, flagSets } from './flags.ts';
import { GivenFlags } from './given.ts';
import type { Call } from './interpreter.ts';
import { readNetworkCreate } from './network-create.ts';
import { type ParsedFlags, parseFlags } from './parse-flags.ts';
import type { ReadContext } from './read-context.ts';
import { readRun } from './run.ts';
import { parseInteger } from './values.ts';
import { Text, type Word } from './word.ts';

const subcommands: Readonly<Record<string, DockerCommandKind>> = {
  run: 'run',
  create: 'create',
  rm: 'rm',
  stop: 'stop',
  kill: 'kill',
  start: 'start',
  restart: 'restart',
  pause: 'pause',
  unpause: 'unpause',
  rename: 'rename',
};
const containerSubcommands: Readonly<Record<string, DockerCommandKind>> = { ...subcommands, remove: 'rm' };
const networkSubcommands: Readonly<Record<string, DockerCommandKind>> = {
  create: 'network-create',
  connect: 'network-connect',
  disconnect: 'network-disconnect',
  rm: 'network-rm',
  remove: 'network-rm',
};
/** Options of `docker` itself that take a value of their own. */
const GLOBAL_WITH_VALUE = /^(?:-[Hcl]|--(?:host|context|config|log-level|tlscacert|tlscert|tlskey))$/;

/** Reads one call of docker and carries it out on the state; undefined for what changes nothing (`docker logs`, `docker compose`, …). */
export function carryOut(call: Call, state: EngineState, context: ReadContext): DockerCommand | undefined {
  const found = subcommandOf(call.words);
  if (found === undefined) return undefined;
  const { kind, from } = found;
  const set = flagSets[kind];
  const parsed = parseFlags(call.words, from, set, context.source, context.remarks);
  if (parsed.idle) return undefined;
  const command = describeCommand(kind, call, parsed, context.source);
  const { min, max } = set.operands;
  if (parsed.operands.length < min || parsed.operands.length > max) {
    checkOperands(call, parsed, set, context);
    return command;
  }
  return { ...command, ...apply(kind, call, parsed, state, context) };
}

function checkOperands(call: Call, parsed: ParsedFlags, set: FlagSet, { source, remarks }: ReadContext): void {
  // `docker rm $(docker ps -aq)` may be given nothing, or anything, that we cannot see.
  if (parsed.incomplete || call.words.some((word) => word.open)) return;
  const count = parsed.operands.length;
  const last = parsed.flags.at(-1);
  const swallowed = count === 0 && last !== undefined && last.lastWord === call.words.length - 1 && last.firstWord < last.lastWord;
  const message = swallowed
    ? `${set.command} is left without ${set.operands.names.split(' ')[0]}: "${last.value.value}" is taken for the value of ${last.written}`
    : `${set.command} is given ${count === 0 ? 'no operand' : count === 1 ? 'one operand' : `${count} operands`}`;
  remarks.error(
    'docker-wrong-operands',
    message,
    `write ${set.command} [OPTIONS] ${set.operands.names}`,
    source.origin(call.start, call.end),
  );
}

type Ids = Pick<DockerCommand, 'workloadId' | 'networkId'>;

function apply(kind: DockerCommandKind, call: Call, parsed: ParsedFlags, state: EngineState, context: ReadContext): Ids {
  const operands = parsed.operands.map((word) => new Text(context.source, word));
  const end: End = { text: context.source.text.slice(call.start, call.end), origin: context.source.origin(call.start, call.end) };
  switch (kind) {
    case 'run':
    case 'create':
      return create(call, parsed, state, context);
    case 'network-create': {
      const made = readNetworkCreate(parsed, context);
      return made === undefined ? {} : ids(undefined, state.createNetwork(made.network, made.name, call));
    }
    case 'network-connect':
      return connect(operands, parsed, state, context);
    case 'network-disconnect':
      return ids(state.disconnect(operands[0]?.value ?? '', operands[1]), operands[0]?.value);
    case 'network-rm':
      for (const operand of operands) state.removeNetwork(operand.value, call);
      return ids(undefined, operands[0]?.value);
    case 'rm':
      return ids(first(operands, (operand) => state.remove(operand, call, end)));
    case 'stop':
    case 'kill':
      for (const operand of operands) state.end(operand, call, end);
      return ids(first(operands, (operand) => state.setState(operand, 'stopped', call)));
    case 'restart':
      for (const operand of operands) state.end(operand, call, end);
      return start(operands, state, call);
    case 'start':
      return start(operands, state, call);
    case 'unpause':
      return ids(first(operands, (operand) => state.setState(operand, 'running', call)));
    case 'pause':
      return ids(first(operands, (operand) => state.setState(operand, 'paused', call)));
    case 'rename':
      return ids(operands[0] === undefined ? undefined : state.rename(operands[0], operands[1]?.value ?? ''));
    default:
      return kind satisfies never;
  }
}

function start(operands: readonly Text[], state: EngineState, call: Call): Ids {
  for (const operand of operands) state.rejoin(operand);
  return ids(first(operands, (operand) => state.setState(operand, 'running', call)));
}

function create(call: Call, parsed: ParsedFlags, state: EngineState, context: ReadContext): Ids {
  const spec = readRun(call, parsed, context);
  if (spec === undefined) return {};
  checkArguments(spec, context.remarks);
  return ids(state.create(spec, call, context.source.origin(call.start, call.end)));
}

function connect(operands: readonly Text[], parsed: ParsedFlags, state: EngineState, { remarks }: ReadContext): Ids {
  const [network, container] = operands;
  if (network === undefined || container === undefined) return {};
  const given = new GivenFlags(parsed.flags);
  const ipv4 = readIp(given.last('ip'), 4, remarks);
  const ipv6 = readIp(given.last('ip6'), 6, remarks);
  const attachment: Attachment = {
    network,
    aliases: given.all('alias').flatMap((text) => text.split(',')),
    gatewayPriority: parseInteger(given.last('gw-priority')?.value ?? '') ?? 0,
    ...(ipv4 === undefined ? {} : { ipv4 }),
    ...(ipv6 === undefined ? {} : { ipv6 }),
  };
  const links = given
    .all('link')
    .map((text) => text.cut(':'))
    .map(({ before, after }) => ({ target: before.value, alias: after?.value ?? before.value, origin: before.origin }));
  return ids(state.connect(network, container, attachment, links), network.value);
}

function first(operands: readonly Text[], act: (operand: Text) => string | undefined): string | undefined {
  const found = operands.map(act);
  return found.find((id) => id !== undefined);
}

function ids(workloadId: string | undefined, networkId?: string | undefined): Ids {
  return { ...(workloadId === undefined ? {} : { workloadId }), ...(networkId === undefined ? {} : { networkId }) };
}

/** Finds the subcommand behind `docker` and its global options. */
function subcommandOf(words: readonly Word[]): { readonly kind: DockerCommandKind; readonly from: number } | undefined {
  let at = 1;
  while (words[at]?.text.startsWith('-') === true) at += GLOBAL_WITH_VALUE.test(words[at]?.text ?? '') ? 2 : 1;
  const group = words[at]?.text ?? '';
  const nested = group === 'container' ? containerSubcommands : group === 'network' ? networkSubcommands : undefined;
  const table = nested ?? subcommands;
  const name = words[nested === undefined ? at : at + 1]?.text ?? '';
  const kind = Object.hasOwn(table, name) ? table[name] : undefined;
  return kind === undefined ? undefined : { kind, from: at + (nested === undefined ? 1 : 2) };
}
