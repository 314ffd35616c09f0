/** 32 bits that look like chance and are the same on every machine and in every version: what was sampled must not change with an update. */

/** FNV-1a over characters, then the finish of MurmurHash3, which spreads it over all bits. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return finish(hash);
}

/** `hashText` of the text that has these bytes as its characters. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return finish(hash);
}

export function hashPosition(seed: number, position: number): number {
  return finish(finish(seed ^ (position >>> 0)) ^ Math.floor(position / 4_294_967_296));
}

function finish(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
