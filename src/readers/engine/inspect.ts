import type { Problem } from '../../core/problem.ts';
import type { SourceText } from '../../core/text.ts';
import type { Environment } from '../../network/environment.ts';
import { emptyPart, type ModelPart } from '../reader.ts';
import { assemble } from './assemble.ts';
import { readContainer } from './inspected.ts';
import { type JsonFault, parseJsonDocuments } from './json-documents.ts';
import { isRecord, type Place } from './json-place.ts';
import { readInspectedNetwork } from './networks.ts';
import { readInfo, readVersion } from './version-facts.ts';

export interface InspectResult {
  readonly part: ModelPart;
  /**
   * False: the text is no output of `docker inspect`, `docker network inspect`, `docker info` or `docker version`. The
   * part then holds nothing but where it is broken JSON.
   */
  readonly recognised: boolean;
}

/**
 * Reads what `docker inspect`, `docker network inspect`, `docker info --format json` and `docker version --format json`
 * print, in any mixture and order, one after the other in one text.
 */
export function readInspect(source: SourceText): InspectResult {
  if (!/^\ufeff?\s*[[{]/.test(source.text)) return { part: emptyPart, recognised: false };
  const { values, faults } = parseJsonDocuments(source.text);
  const objects = values.flatMap((value): readonly unknown[] => (Array.isArray(value) ? value : [value])).filter(isRecord);
  const of = (kind: Kind) => objects.filter((object) => kindOf(object) === kind);
  const recognised = objects.some((object) => kindOf(object) !== 'other') || (faults.length > 0 && looksInspected(source.text));
  const broken = faults.map((fault) => syntaxProblem(source, fault));
  if (!recognised) return { part: { ...emptyPart, problems: broken }, recognised };
  const facts = [...of('version'), ...of('info')].map((value) => readFacts(value, source.file));
  const part = assemble({
    containers: of('container').map((value, index) => readContainer(value, source.file, index + 1)),
    networks: of('network').map((value) => readInspectedNetwork(value, source.file)),
    environment: Object.assign({}, ...facts.map((fact) => fact.environment)),
  });
  return { part: { ...part, problems: [...broken, ...facts.flatMap((fact) => fact.problems), ...part.problems] }, recognised };
}

function syntaxProblem(source: SourceText, fault: JsonFault): Problem {
  return {
    severity: 'error',
    code: 'json-syntax',
    message: `not JSON: ${fault.message}`,
    hint: 'give the output of the command as it was printed, whole',
    origin: source.origin(fault.offset, Math.min(fault.offset + 1, source.text.length)),
  };
}

type Kind = 'container' | 'network' | 'info' | 'version' | 'other';

/** Images, volumes and what else `docker inspect` shows hold nothing about reachability. */
function kindOf(object: Readonly<Record<string, unknown>>): Kind {
  if (isRecord(object.HostConfig) || isRecord(object.NetworkSettings)) return 'container';
  if (typeof object.Driver === 'string' && typeof object.Name === 'string' && 'IPAM' in object) return 'network';
  if (typeof object.ServerVersion === 'string' && 'OperatingSystem' in object) return 'info';
  if (isRecord(object.Server) && 'Client' in object) return 'version';
  if (typeof object.ApiVersion === 'string' && typeof object.Version === 'string') return 'version';
  return 'other';
}

/** For a text that is broken before its first object ends. */
function looksInspected(text: string): boolean {
  return /"(?:NetworkSettings|HostConfig|IPAM|ServerVersion)"\s*:/.test(text);
}

export function readFacts(
  value: unknown,
  source: string,
): { readonly environment: Partial<Environment>; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const info = isRecord(value) && kindOf(value) === 'info';
  const place: Place = { value, path: '', within: { source, object: info ? 'info' : 'version', problems } };
  return { environment: info ? readInfo(place) : readVersion(place), problems };
}
