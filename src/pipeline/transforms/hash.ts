/** 32 bits that look like chance and are the same on every machine and in every version: what was sampled must not change with an update. */

/** MurmurHash3 (x86, 32 bits) of the characters, of which the lowest eight bits count. */
export function hashText(text: string): number {
  const { length } = text;
  let hash = 0;
  let at = 0;
  for (; at + 4 <= length; at += 4)
    hash = stir(
      hash,
      text.charCodeAt(at) | (text.charCodeAt(at + 1) << 8) | (text.charCodeAt(at + 2) << 16) | (text.charCodeAt(at + 3) << 24),
    );
  let rest = 0;
  for (let shift = 0; at < length; at += 1, shift += 8) rest |= text.charCodeAt(at) << shift;
  return finish(hash ^ scramble(rest) ^ length);
}

/** `hashText` of the text that has these bytes as its characters; −1 when one of them is a backslash. */
export function hashPlainBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
    // Which bytes of a word are zero, here: are a backslash (Bit Twiddling Hacks, "haszero").
    const apart = word ^ 0x5c5c5c5c;
    if (((apart - 0x01010101) & ~apart & 0x80808080) !== 0) return -1;
    hash = stir(hash, word);
  }
  let rest = 0;
  for (let shift = 0; at < end; at += 1, shift += 8) {
    const byte = bytes[at] ?? 0;
    if (byte === 0x5c) return -1;
    rest |= byte << shift;
  }
  return finish(hash ^ scramble(rest) ^ (end - start));
}

function stir(hash: number, word: number): number {
  const mixed = hash ^ scramble(word);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function scramble(word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
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
