/** Texts that the kernel compares with: put into its memory once, and left there. */
import type { Kernel } from './kernel.ts';

const interned = new WeakMap<Kernel, { readonly at: Map<string, number>; used: number }>();

/** The address; undefined when there is no room for more: settings are exchanged while the program runs, and the room is bounded. */
export function intern(kernel: Kernel, text: Buffer): number | undefined {
  const known = interned.get(kernel) ?? { at: new Map<string, number>(), used: 0 };
  interned.set(kernel, known);
  const key = text.toString('latin1');
  const before = known.at.get(key);
  if (before !== undefined) return before;
  const { texts } = kernel.scratch;
  if (known.used + text.length > texts.length) return undefined;
  texts.set(text, known.used);
  const at = texts.byteOffset + known.used;
  known.at.set(key, at);
  known.used += text.length;
  return at;
}
