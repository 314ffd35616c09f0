/**
 * All inputs → models. Each input becomes a part; `agents/` looks into each part's workloads for links, listeners and
 * registrations; the parts that belong to one host are joined into one model.
 */
import type { SourceText } from '../core/text.ts';
import type { Environment } from '../network/environment.ts';
import type { Listener, Model } from '../network/model.ts';
import { readAgents } from './agents/index.ts';
import { assemble } from './assemble.ts';
import { readCompose } from './compose/index.ts';
import { readConsul } from './consul/index.ts';
import type { Input } from './discover.ts';
import { readDockerCommands } from './docker-run/index.ts';
import { readInspect } from './engine/inspect.ts';
import type { FileResult, Files } from './files.ts';
import { groupByHost } from './hosts.ts';
import type { ModelPart } from './reader.ts';
import { emptyPart } from './reader.ts';

export interface ReadRequest {
  readonly inputs: readonly Input[];
  /** What was read already, from a running engine. */
  readonly observed?: readonly ModelPart[];
  readonly projectName?: string;
  readonly profiles?: readonly string[];
  /** The shell's variables, for interpolation. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly envFiles?: readonly string[];
  /** What flags and settings say about engine and host; wins over the inputs. */
  readonly environment?: Partial<Environment>;
  readonly hostListeners?: readonly Listener[];
  /** Every input describes the same host, also where nothing in them shows it. */
  readonly sameHost?: boolean;
}

/** The inputs of one host and their joined model. */
export interface HostModel {
  readonly inputs: readonly Input[];
  readonly observed: readonly ModelPart[];
  readonly model: Model;
}

/** One input (undefined: a running engine) and what was read from it. */
export interface ReadPart {
  readonly input: Input | undefined;
  readonly part: ModelPart;
}

/** One model per host: inputs share one where something shows that they run on one host, or where `sameHost` says so. */
export function readHosts(files: Files, request: ReadRequest): readonly HostModel[] {
  const parts = readParts(files, request);
  const groups = request.sameHost === true ? [parts] : groupByHost(parts);
  return groups.map((group) => ({
    inputs: group.flatMap(({ input }) => (input === undefined ? [] : [input])),
    observed: group.flatMap(({ input, part }) => (input === undefined ? [part] : [])),
    model: assemble(
      group.map(({ part }) => part),
      request,
    ),
  }));
}

/** One model of all inputs. */
export function readAll(files: Files, request: ReadRequest): Model {
  return assemble(
    readParts(files, request).map(({ part }) => part),
    request,
  );
}

function readParts(files: Files, request: ReadRequest): readonly ReadPart[] {
  const observed = (request.observed ?? []).map((part) => ({ input: undefined, part }));
  const read = request.inputs.map((input) => ({ input, part: readInput(files, input, request) }));
  return [...observed, ...read].map(({ input, part }) => ({ input, part: withAgents(files, part) }));
}

function withAgents(files: Files, part: ModelPart): ModelPart {
  if (part.workloads.length === 0) return part;
  const found = readAgents(files, part);
  return {
    ...part,
    links: [...part.links, ...found.links],
    listeners: [...part.listeners, ...found.listeners],
    registrations: [...part.registrations, ...found.registrations],
    problems: [...part.problems, ...found.problems],
  };
}

function readInput(files: Files, input: Input, request: ReadRequest): ModelPart {
  switch (input.kind) {
    case 'compose':
      return readCompose(files, composeRequest(input.paths, request)).part;
    case 'commands':
      return withText(files, input.path, (source) => {
        const env = request.env === undefined ? {} : { env: request.env };
        return readDockerCommands(source, { files, kind: input.syntax, ...env }).part;
      });
    case 'json':
      return withText(files, input.path, readJson);
    default:
      return input satisfies never;
  }
}

function composeRequest(paths: readonly string[], request: ReadRequest) {
  const { projectName, profiles, env, envFiles } = request;
  return {
    paths,
    ...(projectName === undefined ? {} : { projectName }),
    ...(profiles === undefined ? {} : { profiles }),
    ...(env === undefined ? {} : { env }),
    ...(envFiles === undefined ? {} : { envFiles }),
  };
}

/** JSON says by its shape whose it is. */
function readJson(source: SourceText): ModelPart {
  const inspected = readInspect(source);
  if (inspected.recognised) return inspected.part;
  const registry = readConsul(source);
  if (registry.recognised) return registry.part;
  // Neither knows it: the syntax error, when it is one, is the same for both.
  if (inspected.part.problems.some((problem) => problem.severity === 'error')) return inspected.part;
  const message = 'this JSON is neither of docker inspect nor of a Consul catalog';
  const hint = 'give the output of docker inspect, docker network inspect, or of Consul /v1/agent/services, /v1/catalog/service/NAME';
  return withProblem('json-unknown', message, hint, source.file);
}

function withText(files: Files, path: string, read: (source: SourceText) => ModelPart): ModelPart {
  const result: FileResult = files.read(path);
  if (result.ok) return read(result.source);
  return withProblem(`input-${result.reason}`, result.message, 'check the path and the permissions of the file', path);
}

function withProblem(code: string, message: string, hint: string, path: string): ModelPart {
  return {
    ...emptyPart,
    problems: [{ severity: 'error', code, message, hint, origin: { kind: 'observed', source: path, object: '', path: '' } }],
  };
}
