import { join, normalize, relative } from 'node:path/posix';
import type { Mount } from '../../network/model.ts';
import { keyValues } from './csv.ts';
import type { GivenFlags } from './given.ts';
import { nearest } from './nearest.ts';
import type { ReadContext } from './read-context.ts';
import { parseBoolean } from './values.ts';
import type { Text } from './word.ts';

const MOUNT_FIELDS: ReadonlySet<string> = new Set([
  'type',
  'source',
  'src',
  'target',
  'dst',
  'destination',
  'readonly',
  'ro',
  'consistency',
]);

const MODES = /^(?:r[ow]|[zZU]|readonly|nocopy|consistent|cached|delegated|r?(?:shared|slave|private|bind)|)$/;

/** `-v`, `--mount` and `--tmpfs`. Sources on the host are given relative to Fairlead's working directory, like every path. */
export function readMounts(given: GivenFlags, context: ReadContext): readonly Mount[] {
  return [
    ...given.all('volume').flatMap((text) => readVolume(text, context)),
    ...given.all('mount').flatMap((text) => readMount(text, context)),
    ...given
      .all('tmpfs')
      .map((text): Mount => ({ kind: 'tmpfs', target: text.cut(':').before.value, readOnly: false, origin: text.origin })),
  ];
}

/** `[SOURCE:]TARGET[:OPTIONS]`; a source that begins with `/`, `.` or `~` is a path, any other is a volume's name. */
function readVolume(text: Text, context: ReadContext): readonly Mount[] {
  const value = text.value;
  // A drive letter is no source: `C:\data:/data`.
  const drive = /^[A-Za-z]:[\\/]/.test(value) ? 2 : 0;
  const cut = value.indexOf(':', drive);
  if (cut === -1) return [{ kind: 'volume', target: value, readOnly: false, origin: text.origin }];
  const source = text.slice(0, cut);
  const [target, options] = text.slice(cut + 1).split(':');
  if (source.value === '' || target === undefined || target.value === '') {
    context.remarks.error(
      'docker-invalid-mount',
      `docker refuses \`-v ${value}\`: a part of it is empty`,
      'write SOURCE:TARGET[:ro]',
      text.origin,
    );
    return [];
  }
  if (target.known && !/^(?:[/\\$]|[A-Za-z]:)/.test(target.value)) {
    context.remarks.error(
      'docker-invalid-mount',
      `docker refuses \`-v ${value}\`: "${target.value}" in the container is no absolute path`,
      `write ${source.value}:/${target.value}`,
      text.origin,
    );
    return [];
  }
  const wrong = options?.known === true ? options.split(',').find((option) => !MODES.test(option.value)) : undefined;
  if (wrong !== undefined)
    context.remarks.error(
      'docker-invalid-mount',
      `docker refuses \`-v ${value}\`: "${wrong.value}" is no mode of a mount`,
      'write ro or rw',
      wrong.origin,
    );
  const readOnly = options?.value.split(',').some((option) => option === 'ro' || option === 'readonly') ?? false;
  return [mountOf(isPath(source) ? 'bind' : 'volume', source, target.value, readOnly, text, context)];
}

const isPath = (text: Text): boolean => /^(?:[./~\\]|[A-Za-z]:[\\/])/.test(text.value) || (!text.known && /^\$[{(]/.test(text.value));

function readMount(text: Text, context: ReadContext): readonly Mount[] {
  const fields = new Map(keyValues(text).map(({ key, value }) => [key, value]));
  for (const key of fields.keys())
    if (text.known && !MOUNT_FIELDS.has(key) && !/^(?:bind|volume|tmpfs|image)-/.test(key)) {
      const near = nearest(key, [...MOUNT_FIELDS]);
      context.remarks.error(
        'docker-invalid-mount',
        `docker refuses \`--mount ${text.value}\`: it has no field "${key}"`,
        near === undefined ? 'fields are type, source, target, readonly and the options of a type' : `did you mean ${near}?`,
        text.origin,
      );
      return [];
    }
  const first = (...keys: readonly string[]) => keys.map((key) => fields.get(key)).find((value) => value !== undefined);
  const target = first('target', 'dst', 'destination');
  const source = first('source', 'src');
  const kind = first('type')?.value ?? 'volume';
  if (target === undefined) {
    context.remarks.error(
      'docker-invalid-mount',
      `docker refuses \`--mount ${text.value}\`: it has no target`,
      'write type=bind,source=PATH,target=PATH',
      text.origin,
    );
    return [];
  }
  const flag = ['readonly', 'ro'].find((key) => fields.has(key));
  const readOnly = flag !== undefined && parseBoolean(fields.get(flag)?.value ?? 'true') !== false;
  if (kind === 'tmpfs') return [{ kind, target: target.value, readOnly, origin: text.origin }];
  if (source === undefined) return [{ kind: 'volume', target: target.value, readOnly, origin: text.origin }];
  return [mountOf(kind === 'bind' ? 'bind' : 'volume', source, target.value, readOnly, text, context)];
}

function mountOf(kind: 'bind' | 'volume', source: Text, target: string, readOnly: boolean, text: Text, context: ReadContext): Mount {
  const path = kind === 'bind' ? resolved(source, context) : source.value;
  return { kind, ...(path === undefined ? {} : { source: path }), target, readOnly, origin: text.origin };
}

function resolved(source: Text, { folder, remarks }: ReadContext): string | undefined {
  if (!source.known) {
    remarks.unknown(source, 'the path of a mounted file');
    return undefined;
  }
  const path = source.value;
  // `$(pwd)/x` and `./x` are one path, and are shown alike.
  const near = path.startsWith('/') && !source.origin.exact ? relative(process.cwd(), path) : '..';
  if (!near.startsWith('..')) return near === '' ? '.' : near;
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return path.length > 1 ? normalize(path) : path;
  if (path.startsWith('~')) return undefined;
  return folder === undefined ? undefined : join(folder, path.replaceAll('\\', '/'));
}
