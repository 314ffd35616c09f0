/** Looks for many short texts at once (Aho and Corasick, 1975): one step of a table for each byte, however many texts there are. */

export interface Needle {
  readonly text: string;
  /** Bits that a record gets in which the text occurs. */
  readonly bits: number;
}

interface Node {
  readonly next: Map<number, number>;
  bits: number;
}

/** The function gives the bits of all texts that occur in the range. */
export function needleFinder(needles: readonly Needle[]): (bytes: Uint8Array, start: number, end: number) => number {
  const nodes = treeOf(needles);
  const { table, found } = tableOf(nodes);
  return (bytes, start, end) => {
    let state = 0;
    let bits = 0;
    for (let at = start; at < end; at += 1) {
      state = table[state + (bytes[at] ?? 0)] ?? 0;
      if (state !== 0) bits |= found[state >> 8] ?? 0;
    }
    return bits;
  };
}

function treeOf(needles: readonly Needle[]): readonly Node[] {
  const nodes: Node[] = [{ next: new Map(), bits: 0 }];
  for (const { text, bits } of needles) {
    let at = 0;
    for (const byte of Buffer.from(text)) {
      const known = nodes[at]?.next.get(byte);
      if (known === undefined) {
        nodes[at]?.next.set(byte, nodes.length);
        nodes.push({ next: new Map(), bits: 0 });
      }
      at = known ?? nodes.length - 1;
    }
    const last = nodes[at];
    if (last !== undefined) last.bits |= bits;
  }
  return nodes;
}

/** States are counted in rows of 256, so that a step is one addition and one look. */
function tableOf(nodes: readonly Node[]): { readonly table: Int32Array; readonly found: Int32Array } {
  const table = new Int32Array(nodes.length * 256);
  const found = Int32Array.from(nodes, ({ bits }) => bits);
  // Where a text could go on after what was read of another one: the longest end of it that begins one.
  const fallback = new Int32Array(nodes.length);
  const queue = [0];
  for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
    const back = fallback[node] ?? 0;
    found[node] = (found[node] ?? 0) | (node === 0 ? 0 : (found[back] ?? 0));
    for (let byte = 0; byte < 256; byte += 1) {
      const beside = node === 0 ? 0 : (table[back * 256 + byte] ?? 0);
      const child = nodes[node]?.next.get(byte);
      table[node * 256 + byte] = child === undefined ? beside : child * 256;
      if (child === undefined) continue;
      fallback[child] = beside >> 8;
      queue.push(child);
    }
  }
  return { table, found };
}
