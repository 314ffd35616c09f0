/** Changes written into docker command lines, in scripts and Markdown. */
import { extname } from 'node:path';
import type { SourceText, TextEdit } from '../../core/text.ts';
import {
  correctedCommand,
  type DockerCommand,
  quoteWord,
  readDockerCommands,
  renderWithFlag,
  renderWithoutFlag,
} from '../../readers/docker-run/index.ts';
import type { Change } from '../rule.ts';
import { portText } from './compose-edits.ts';
import type { Desk } from './desk.ts';

interface Place {
  readonly source: SourceText;
  readonly command: DockerCommand;
  /** All commands of the file, in order. */
  readonly all: readonly DockerCommand[];
}

/** `together`: all changes of the plan, because what several commands need is made before the first of them. */
export function commandEdits(
  desk: Desk,
  change: Exclude<Change, { readonly kind: 'replace' }>,
  together: readonly Change[],
): readonly TextEdit[] | undefined {
  const place = 'workloadId' in change ? containerPlace(desk, change.workloadId) : networkPlace(desk, change.networkId);
  if (place === undefined) return undefined;
  const { source, command } = place;
  const flag = (name: string, value: string): readonly TextEdit[] => [renderWithFlag(command, source, name, value)];
  switch (change.kind) {
    case 'add-extra-host':
      return flag('--add-host', `${change.name}:${change.address}`);
    case 'publish':
      return flag('-p', portText(change));
    case 'drop-publications':
      return withoutFlags(place, 'publish');
    case 'set-environment':
      return setVariable(place, change.name, change.value);
    case 'attach-network':
      return attach(desk, place, change.workloadId, change.networkId);
    case 'move-to-network':
      return move(desk, place, change.networkId, together);
    case 'set-network-option':
      return flag('-o', `${change.name}=${change.value}`);
    case 'set-subnet':
      return setValue(place, 'subnet', change.cidr) ?? flag('--subnet', change.cidr);
    case 'set-publish-address':
    case 'set-dependency':
      return undefined;
    default:
      return change satisfies never;
  }
}

/** The commands that edits change, as they have to be typed, and the ones that edits add. */
export function correctedCommands(desk: Desk, edits: readonly TextEdit[]): readonly string[] {
  const lines: { readonly at: number; readonly text: string }[] = [];
  for (const [path, ofFile] of Map.groupBy(edits, (edit) => edit.file)) {
    const source = desk.text(path);
    const commands = source === undefined ? [] : commandsOf(desk, source);
    if (source === undefined || commands.length === 0) continue;
    const inside = (edit: TextEdit, { span }: DockerCommand): boolean =>
      edit.start >= span.start && edit.end <= span.end && !isLineBefore(edit, span.start);
    for (const command of commands)
      if (ofFile.some((edit) => inside(edit, command)))
        lines.push({
          at: command.span.start,
          text: correctedCommand(
            source,
            command,
            ofFile.filter((edit) => inside(edit, command)),
          ),
        });
    for (const edit of ofFile)
      if (!commands.some((command) => inside(edit, command)))
        lines.push({ at: edit.start - 0.5, text: edit.text.replace(/^\s*(?:[$#>] )?|\s*(?:&&\s*)?$/g, '') });
  }
  return lines.sort((a, b) => a.at - b.at).map(({ text }) => text);
}

const isLineBefore = (edit: TextEdit, start: number): boolean => edit.start === start && edit.end === start;

function commandsOf(desk: Desk, source: SourceText): readonly DockerCommand[] {
  const extension = extname(source.file).toLowerCase();
  if (extension === '.yaml' || extension === '.yml' || extension === '.json' || extension === '.toml') return [];
  const kind = extension === '.md' || extension === '.markdown' ? 'markdown' : 'shell';
  return desk.commands(source.file, () => readDockerCommands(source, { files: desk.files, kind }).commands);
}

const makesContainer = (command: DockerCommand): boolean => command.kind === 'run' || command.kind === 'create';

function containerPlace(desk: Desk, workloadId: string): Place | undefined {
  const workload = desk.workload(workloadId);
  if (workload?.origin.kind !== 'file') return undefined;
  const { start } = workload.origin.span;
  return find(desk, workload.origin.file, (command) => makesContainer(command) && command.span.start <= start && start < command.span.end);
}

function networkPlace(desk: Desk, networkId: string): Place | undefined {
  const network = desk.network(networkId);
  if (network?.origin.kind !== 'file') return undefined;
  return find(desk, network.origin.file, (command) => command.kind === 'network-create' && command.networkId === networkId);
}

function find(desk: Desk, path: string, matches: (command: DockerCommand) => boolean): Place | undefined {
  const source = desk.text(path);
  const all = source === undefined ? [] : commandsOf(desk, source);
  const command = all.find(matches);
  return source === undefined || command === undefined ? undefined : { source, command, all };
}

function withoutFlags({ source, command }: Place, name: string): readonly TextEdit[] | undefined {
  const edits = command.flags.filter((flag) => flag.name === name).map((flag) => renderWithoutFlag(command, source, flag));
  return edits.length === 0 || edits.includes(undefined) ? undefined : edits.filter((edit) => edit !== undefined);
}

/** Writes another value behind a flag that is there, in the same word as the flag or in its own. */
function setValue(
  { source, command }: Place,
  name: string,
  value: string,
  old: (value: string) => boolean = () => true,
): readonly TextEdit[] | undefined {
  const flag = command.flags.find((candidate) => candidate.name === name && old(candidate.value));
  const word = flag === undefined ? undefined : command.words[flag.lastWord];
  if (flag === undefined || word === undefined || !word.text.endsWith(flag.value)) return undefined;
  const { start, end } = word.span;
  const before = word.text.slice(0, word.text.length - flag.value.length);
  const text = quoteWord(before + value);
  // Quotes that were there stay, when the new value can stand in them.
  const quote = source.text[start];
  const quoted = before === '' && (quote === '"' || quote === "'") && source.text[end - 1] === quote && /^[\w@%+=:,./ -]*$/.test(value);
  return [{ file: command.file, start, end, text: quoted ? `${quote}${value}${quote}` : text }];
}

function setVariable(place: Place, name: string, value: string): readonly TextEdit[] {
  const text = `${name}=${value}`;
  const isIt = (old: string): boolean => old === name || old.startsWith(`${name}=`);
  return setValue(place, 'env', text, isIt) ?? [renderWithFlag(place.command, place.source, '-e', text)];
}

/** `docker network connect` works on every engine; several `--network` flags only since 25. */
function attach(desk: Desk, place: Place, workloadId: string, networkId: string): readonly TextEdit[] | undefined {
  const { command, source, all } = place;
  const created = all.find((candidate) => candidate.kind === 'network-create' && candidate.networkId === networkId);
  // A script runs in order: what is not made yet cannot be joined yet.
  const isLate = created !== undefined && created.span.start > command.span.start;
  if (!isLate && !command.flags.some((flag) => flag.name === 'network')) return [renderWithFlag(command, source, '--network', networkId)];
  const name = desk.workload(workloadId)?.containerName;
  const behind: Place = isLate ? { ...place, command: created } : place;
  const lead = leadOf(behind);
  if (name === undefined || lead === undefined || !endsItsLine(behind)) return undefined;
  const end = source.text.indexOf('\n', behind.command.span.end);
  const text = `${lead.prefix}${lead.sudo}docker network connect ${quoteWord(networkId)} ${quoteWord(name)}`;
  return end === -1
    ? [{ file: command.file, start: source.text.length, end: source.text.length, text: `${lead.eol}${text}` }]
    : [{ file: command.file, start: end + 1, end: end + 1, text: `${text}${lead.eol}` }];
}

function move(desk: Desk, place: Place, networkId: string, together: readonly Change[]): readonly TextEdit[] | undefined {
  const { command, source } = place;
  const moved = setValue(place, 'network', networkId) ?? [renderWithFlag(command, source, '--network', networkId)];
  if (desk.network(networkId) !== undefined) return moved;
  const movers = together.flatMap((change) =>
    change.kind === 'move-to-network' && change.networkId === networkId ? [containerPlace(desk, change.workloadId)] : [],
  );
  // Nobody knows which of two scripts runs first.
  if (movers.some((mover) => mover?.source !== source)) return undefined;
  const commands = movers.flatMap((mover) => mover?.command ?? []);
  const first = commands.reduce((early, next) => (next.span.start < early.span.start ? next : early), command);
  return [createBefore({ ...place, command: first }, networkId), ...moved];
}

/** The network is made before the first container that joins it: in a line of its own where the command has one. */
function createBefore(place: Place, networkId: string): TextEdit {
  const { command, source } = place;
  const lead = leadOf(place);
  const create = `docker network create ${quoteWord(networkId)}`;
  if (lead === undefined) return { file: command.file, start: command.span.start, end: command.span.start, text: `${create} && ` };
  const start = source.text.lastIndexOf('\n', command.span.start - 1) + 1;
  return { file: command.file, start, end: start, text: `${lead.prefix}${lead.sudo}${create}${lead.eol}` };
}

interface Lead {
  /** Indentation and prompt. */
  readonly prefix: string;
  readonly sudo: string;
  readonly eol: string;
}

/** Undefined when something else stands before the command on its line. */
function leadOf({ command, source }: Place): Lead | undefined {
  const start = source.text.lastIndexOf('\n', command.span.start - 1) + 1;
  const prefix = source.text.slice(start, command.span.start);
  if (!/^[ \t]*(?:[$#>] ?)?$/.test(prefix)) return undefined;
  return {
    prefix,
    sudo: /^sudo\s/.test(source.text.slice(command.span.start)) ? 'sudo ' : '',
    eol: source.text.includes('\r\n') ? '\r\n' : '\n',
  };
}

function endsItsLine({ command, source }: Place): boolean {
  return /^[ \t]*(?:#.*)?(?:\r?\n|$)/.test(source.text.slice(command.span.end, command.span.end + 200));
}
