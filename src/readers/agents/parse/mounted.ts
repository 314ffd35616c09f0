import { posix } from 'node:path';
import type { FileOrigin, Hop, Origin } from '../../../core/origin.ts';
import type { SourceText } from '../../../core/text.ts';
import type { Mount, Text, Workload } from '../../../network/model.ts';
import type { FileResult, Files } from '../../files.ts';

/** The text of a configuration file as the container sees it; places are those of the file on the host. */
export interface ConfigText {
  /** The path inside of the container. */
  readonly path: string;
  readonly text: string;
  at(start: number, end: number, exact?: boolean): Origin;
}

export type MountedFile =
  | { readonly kind: 'text'; readonly config: ConfigText }
  /** No mount covers the path: the image's own file is used, which we do not see. */
  | { readonly kind: 'image' }
  | { readonly kind: 'unreadable'; readonly mount: Mount; readonly hostPath: string; readonly reason: string; readonly message: string };

/** What the container finds at `path`. The mount with the longest target wins, as in a mount table. */
export function mountedFile(workload: Workload, path: string, files: Files): MountedFile {
  const mount = coveringMount(workload, path);
  if (mount === undefined || mount.kind === 'tmpfs') return { kind: 'image' };
  if (mount.content !== undefined) return { kind: 'text', config: inlineText(mount.content, mount, path, files) };
  const rest = path.slice(mount.target.replace(/\/+$/, '').length);
  if (mount.kind === 'volume' || mount.source === undefined) {
    return {
      kind: 'unreadable',
      mount,
      hostPath: mount.source ?? mount.target,
      reason: 'volume',
      message: 'its content is not in the input',
    };
  }
  const hostPath = `${mount.source}${rest}`;
  const read: FileResult = files.read(hostPath);
  if (read.ok) return { kind: 'text', config: fileText(read.source, mount, path) };
  // A folder that holds no such file leaves the program without it, as if it were not mounted.
  return { kind: 'unreadable', mount, hostPath, reason: read.reason, message: read.message };
}

export function coveringMount(workload: Workload, path: string): Mount | undefined {
  const covers = (mount: Mount) => path === mount.target || path.startsWith(`${mount.target.replace(/\/+$/, '')}/`);
  return workload.mounts.filter(covers).sort((a, b) => b.target.length - a.target.length)[0];
}

function fileText(source: SourceText, mount: Mount, path: string): ConfigText {
  const via: readonly Hop[] = [hopOf(mount, `${mount.source ?? ''}:${mount.target}`)];
  return { path, text: source.text, at: (start, end, exact = false) => source.origin(start, end, { exact, via }) };
}

function hopOf(mount: Mount, text: string): Hop {
  if (mount.origin.kind !== 'file') return { kind: 'mount', text };
  return { kind: 'mount', text, file: mount.origin.file, line: mount.origin.span.line, column: mount.origin.span.column };
}

/**
 * A config that is written inside of the Compose file (`configs: x: content: |`). Lines are found again in the file by
 * their text, since a block scalar's indentation is not part of the value (YAML 1.2.2 §8.1).
 */
function inlineText(content: Text, mount: Mount, path: string, files: Files): ConfigText {
  const { origin, value } = content;
  const via: readonly Hop[] = [hopOf(mount, mount.target)];
  const read = origin.kind === 'file' ? files.read(origin.file) : undefined;
  if (origin.kind !== 'file' || read?.ok !== true) return { path, text: value, at: () => origin };
  const { source } = read;
  const starts = lineStarts(value);
  const placed = placeLines(value.split('\n'), source, origin);
  return {
    path,
    text: value,
    at: (start, end, exact = false) => {
      const index = Math.max(
        0,
        starts.findLastIndex((lineStart) => lineStart <= start),
      );
      const line = placed[index];
      const within = end <= (starts[index + 1] ?? value.length + 1);
      if (line === undefined || !within) return origin;
      const shift = line - (starts[index] ?? 0);
      return source.origin(start + shift, end + shift, { exact, via: [...origin.via, ...via] });
    },
  };
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** The offset in the source of each line's first character; undefined for a line that is not there as it stands. */
function placeLines(lines: readonly string[], source: SourceText, origin: FileOrigin): readonly (number | undefined)[] {
  let from = origin.span.start;
  return lines.map((line) => {
    const text = line.replace(/\r$/, '');
    if (text.trim() === '') return undefined;
    const at = source.text.indexOf(text, from);
    if (at === -1 || at + text.length > origin.span.end + 1) return undefined;
    // Only indentation may stand before it on its line (or the scalar's first line its opening quote).
    const before = source.text.slice(source.text.lastIndexOf('\n', at - 1) + 1, at);
    if (before.trim() !== '' && at > origin.span.start + 1) return undefined;
    from = at + text.length;
    return at;
  });
}

export const joinPath = (folder: string, path: string): string => (path.startsWith('/') ? path : posix.join(folder, path));
