/** Random JSON for tests: objects with the same few names at every depth and twice, escapes where none are needed, whitespace anywhere. */

/** mulberry32: small, and the same numbers for the same seed everywhere. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const names = ['level', 'lev', 'levels', 'status', 'message', 'tags', 'labels', 'user', 'id', 'a b', 'path/to', 'naïve', ''];
const texts = [
  'debug',
  'error',
  'info',
  'level',
  '"level":"debug"',
  ',"level":',
  'a\\',
  '\n\t\u0001',
  'ünï',
  '💥',
  '\ud800',
  '{',
  '}]',
  '/x/y',
  '',
];
const numbers = ['0', '-0', '1', '500', '499.5', '5e2', '500.0', '1E-2', '12345678901234567890', '1e400', '-7.25'];
const spaces = ['', '', '', '', ' ', '\t', '  ', '\r', '\n'];

export interface RandomJson {
  object(): string;
  value(): string;
  text(): string;
  name(): string;
}

export function randomJson(random: () => number): RandomJson {
  const one = (from: readonly string[]): string => from[Math.floor(random() * from.length)] ?? '';
  const space = () => one(spaces);
  const name = () => one(names);
  const text = () => one(texts);
  const list = (item: () => string) => Array.from({ length: Math.floor(random() * 5) }, () => space() + item() + space()).join(',');
  const object = (depth = 0): string =>
    `${space()}{${list(() => `${written(name(), random)}${space()}:${space()}${value(depth + 1)}`) || space()}}${space()}`;
  const value = (depth = 0): string => {
    const kind = random() * (depth > 3 ? 7 : 9);
    if (kind < 4) return written(random() < 0.7 ? text() : name(), random);
    if (kind < 6) return one(numbers);
    if (kind < 7) return one(['true', 'false', 'null']);
    return kind < 8 ? object(depth) : `[${list(() => value(depth + 1)) || space()}]`;
  };
  return { object, value, text, name };
}

/** A string as some writer may put it: some characters by number, the slash with an escape. */
function written(text: string, random: () => number): string {
  const plain = JSON.stringify(text);
  if (random() < 0.8) return plain;
  const byNumber = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const inner = [...text.split('')].map((character) => {
    if (character === '/' && random() < 0.5) return '\\/';
    return random() < 0.3 ? byNumber(character) : JSON.stringify(character).slice(1, -1);
  });
  return `"${inner.join('')}"`;
}

/** One byte changed, taken away or put in: mostly no JSON any more. */
export function damaged(bytes: Buffer, random: () => number): Buffer {
  const at = Math.floor(random() * (bytes.length + 1));
  const byte = Buffer.of(random() < 0.6 ? '"\\{}[]:, \n'.charCodeAt(Math.floor(random() * 10)) : Math.floor(random() * 256));
  const kind = random() * 3;
  if (kind < 1) return Buffer.concat([bytes.subarray(0, at), byte, bytes.subarray(at)]);
  if (kind < 2) return Buffer.concat([bytes.subarray(0, at), byte, bytes.subarray(at + 1)]);
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
}
