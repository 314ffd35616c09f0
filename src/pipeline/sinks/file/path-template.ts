/** Where a stream's records go: a path with places for its source, tag and labels. */
import type { Stream } from '../../stream.ts';

const place = /\{([^{}]*)\}/g;
const known = /^(?:source|tag|label\.[A-Za-z_][A-Za-z0-9_./-]{0,127})$/;

/** Why a template cannot be used; undefined when it can. */
export function checkTemplate(template: string): string | undefined {
  for (const [whole, name = ''] of template.matchAll(place))
    if (!known.test(name)) return `${whole} is not known here; there are {source}, {tag} and {label.NAME}`;
  if (/[{}]/.test(template.replaceAll(place, ''))) return 'a brace that is not closed';
  if (template.includes('\0')) return 'a NUL character cannot be part of a path';
  return template.endsWith('/') ? 'it ends in /, and has no name of a file' : undefined;
}

export function renderPath(template: string, stream: Stream): string {
  return template.replaceAll(place, (_, name: string) => fileNamePart(placeValue(name, stream)));
}

/** The path of everything that would be one file too many. */
export function overflowPath(template: string): string {
  return template.replaceAll(place, 'other');
}

/** The folder that holds all that a template can name: retention looks nowhere else. */
export function fixedFolder(template: string): string {
  const fixed = template.slice(0, template.search(/\{|$/));
  const cut = fixed.lastIndexOf('/');
  return cut === -1 ? '.' : cut === 0 ? '/' : fixed.slice(0, cut);
}

/**
 * A pattern for the paths of finished files that a template can have made: retention deletes what matches and nothing else.
 * Group 1 is the time of finishing.
 */
export function finishedPattern(template: string): RegExp {
  const { stem, extension } = splitExtension(template.replaceAll(place, '\0'));
  const literal = (text: string) => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&').replaceAll('\0', '[A-Za-z0-9._-]{1,64}');
  return new RegExp(`^${literal(stem)}\\.(\\d{8}T\\d{9}Z)(?:-\\d+)?${literal(extension)}(?:\\.zst)?$`);
}

/** `app.log` finished at a time → `app.20261123T010203045Z.log`; names sort by time. `attempt` tells apart what was finished within a millisecond. */
export function finishedPath(path: string, finishedMs: number, attempt: number): string {
  const { stem, extension } = splitExtension(path);
  const time = new Date(finishedMs).toISOString().replaceAll(/[-:.]/g, '');
  return `${stem}.${time}${attempt === 0 ? '' : `-${attempt}`}${extension}`;
}

function splitExtension(path: string): { readonly stem: string; readonly extension: string } {
  const [, stem, extension] = /^(.*[^/])(\.[A-Za-z0-9]{1,16})$/s.exec(path) ?? [];
  return stem === undefined || extension === undefined ? { stem: path, extension: '' } : { stem, extension };
}

function placeValue(name: string, stream: Stream): string {
  if (name === 'source') return stream.source;
  if (name === 'tag') return stream.tags[0] ?? '';
  const key = name.slice('label.'.length);
  return Object.hasOwn(stream.labels, key) ? (stream.labels[key] ?? '') : '';
}

/** Values come from names of containers, fields of records, other people's programs: never a separator, never `..`, never endless. */
function fileNamePart(value: string): string {
  const plain = value.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, 64);
  if (plain === '') return 'none';
  return /^\.+$/.test(plain) ? '_'.repeat(plain.length) : plain;
}
