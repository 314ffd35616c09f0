import type { ImageReference } from '../parse/image-reference.ts';
import { isBefore, isImage } from '../parse/image-reference.ts';
import { databases } from './databases.ts';
import type { ImageEntry } from './entry.ts';
import { exporters } from './exporters.ts';
import { servers } from './servers.ts';

export const imageTable: readonly ImageEntry[] = [...exporters, ...databases, ...servers];

const found = new WeakMap<ImageReference, ImageEntry | 'none'>();

/** The first entry that fits an image and its version. */
export function entryOf(image: ImageReference | undefined): ImageEntry | undefined {
  if (image === undefined) return undefined;
  const known = found.get(image);
  if (known !== undefined) return known === 'none' ? undefined : known;
  const made = imageTable.find((entry) => fits(entry, image));
  found.set(image, made ?? 'none');
  return made;
}

function fits({ images, since, before, numbered }: ImageEntry, image: ImageReference): boolean {
  if (!isImage(image, images) || (numbered === true && image.version === undefined)) return false;
  return (since === undefined || !isBefore(image.version, since)) && (before === undefined || isBefore(image.version, before));
}
