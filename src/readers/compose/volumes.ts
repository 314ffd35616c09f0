import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { MapNode, Place, ScalarNode } from './node.ts';
import { booleanNode, mapNode, subPlace, textNode } from './node.ts';
import type { Remark } from './problems.ts';

export type VolumeResult = { readonly ok: true; readonly mount: MapNode } | { readonly ok: false; readonly remark: Remark };

const propagations = ['rprivate', 'private', 'rshared', 'shared', 'rslave', 'slave'];

/** `[SOURCE:]TARGET[:OPTIONS]` in the long form; a source that looks like a path is one of the host. */
export function parseVolume(node: ScalarNode): VolumeResult {
  const parts = splitVolume(node.text);
  const fail = (message: string): VolumeResult => ({
    ok: false,
    remark: { code: 'compose-volume', message: `"${node.text}": ${message}`, hint: 'write SOURCE:TARGET or SOURCE:TARGET:ro' },
  });
  if (node.text === '') return fail('a mount cannot be empty');
  if (parts.some((part) => part.text === '')) return fail('there is nothing between two colons');
  if (parts.length > 3) return fail('there are too many colons');
  const [first, second, third] = parts;
  if (first === undefined) return fail('a mount cannot be empty');
  const place = (part: Part): Place => subPlace(node.place, part.from, part.from + part.text.length);
  if (second === undefined) {
    return {
      ok: true,
      mount: mapNode(
        {
          type: derived('volume', node),
          target: textNode(first.text, place(first)),
          volume: node.text.length > 2 ? mapNode({}, node.place) : undefined,
        },
        node.place,
      ),
    };
  }
  const options = third?.text.split(',') ?? [];
  const isPath = isHostPath(first.text);
  const propagation = options.findLast((option) => propagations.includes(option));
  const selinux = options.findLast((option) => option === 'z' || option === 'Z');
  const readOnly = options.findLast((option) => option === 'ro' || option === 'rw') === 'ro';
  const bind =
    isPath || propagation !== undefined || selinux !== undefined
      ? mapNode(
          {
            propagation: propagation === undefined ? undefined : derived(propagation, node),
            selinux: selinux === undefined ? undefined : derived(selinux, node),
            create_host_path: isPath ? booleanNode(true, { ...node.place, exact: false }) : undefined,
          },
          node.place,
        )
      : undefined;
  const nocopy = options.includes('nocopy') ? booleanNode(true, { ...node.place, exact: false }) : undefined;
  const mount = mapNode(
    {
      type: derived(isPath ? 'bind' : 'volume', node),
      source: textNode(first.text, place(first)),
      target: textNode(second.text, place(second)),
      read_only: readOnly && third !== undefined ? booleanNode(true, { ...place(third), exact: false }) : undefined,
      bind,
      volume: isPath && nocopy === undefined ? undefined : mapNode({ nocopy }, node.place),
    },
    node.place,
  );
  return { ok: true, mount };
}

const derived = (text: string, node: ScalarNode) => textNode(text, { ...node.place, exact: false });

interface Part {
  readonly text: string;
  readonly from: number;
}

/** At the colons, but not at the one of a Windows drive (`C:\data`). */
function splitVolume(text: string): readonly Part[] {
  if (text.length <= 2) return [{ text, from: 0 }];
  const parts: Part[] = [];
  let from = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const isDrive = at - from === 1 && /\p{L}/u.test(text[from] ?? '');
    if (at < text.length && (text[at] !== ':' || isDrive)) continue;
    parts.push({ text: text.slice(from, at), from });
    from = at + 1;
  }
  return parts;
}

function isHostPath(source: string): boolean {
  return /^(?:[./~]|\\\\|\p{L}:)/u.test(source);
}

/** A path as Compose resolves it: `~` is the home folder of who runs Compose, the rest is relative to the project folder. */
export function resolveHostPath(path: string, folder: string): string {
  if (path.startsWith('~')) return resolve(`${homedir()}/${path.slice(1)}`);
  return /^\p{L}:|^\\\\/u.test(path) ? path : resolve(folder, path);
}
