import { booleanOf, field, fieldAt, type JsonObject, numberOf, type Place, textOf } from './json-place.ts';

/** An inspected container, before it is known which others there are. */
export interface InspectedContainer {
  readonly place: Place;
  /** The 64-digit id; empty where the input has none. */
  readonly id: string;
  /** The name without the slash; `container-N` where it has none. */
  readonly name: string;
  readonly mode: string;
  readonly running: boolean;
  /** Process id of its first process on the engine's host; undefined when it does not run. */
  readonly pid?: number;
  readonly startedAt?: number;
}

export function readContainer(value: unknown, source: string, number: number): InspectedContainer {
  const problems: JsonObject['problems'] = [];
  const unnamed: Place = { value, path: '', within: { source, object: 'container', problems } };
  const id = textOf(field(unnamed, 'Id')) ?? '';
  const name = textOf(field(unnamed, 'Name'))?.replace(/^\//, '') ?? (id === '' ? `container-${number}` : id.slice(0, 12));
  const place: Place = { value, path: '', within: { source, object: `container ${name}`, problems } };
  const pid = numberOf(fieldAt(place, 'State', 'Pid'));
  const startedAt = Date.parse(textOf(fieldAt(place, 'State', 'StartedAt')) ?? '');
  return {
    place,
    id,
    name,
    mode: readMode(place),
    running: isRunning(place),
    ...(pid === undefined || pid <= 0 ? {} : { pid }),
    ...(startedAt > 0 ? { startedAt } : {}),
  };
}

/** `default` and the empty string are the default bridge. */
function readMode(place: Place): string {
  const mode = textOf(fieldAt(place, 'HostConfig', 'NetworkMode')) ?? 'bridge';
  return mode === 'default' ? 'bridge' : mode;
}

/** A container without a state (somebody cut the JSON) is taken as running, like a declared one. */
function isRunning(place: Place): boolean {
  const running = booleanOf(fieldAt(place, 'State', 'Running'));
  if (running !== undefined) return running;
  const status = textOf(fieldAt(place, 'State', 'Status'));
  return status === undefined || status === 'running' || status === 'paused' || status === 'restarting';
}
