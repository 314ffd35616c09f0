/**
 * kernel.c as WebAssembly. Each kernel has one memory, of a fixed size: growing would detach every Buffer that lies in it. The slabs of a
 * pool lie there, so that a file is read into them, the kernel works on them and a socket writes from them without a copy.
 * Without WebAssembly, without its SIMD, or with FAIRLEAD_KERNEL=js there is no kernel, and everything works in JavaScript.
 */
import { slabRecords } from '../slab.ts';
import { kernelBytes } from './kernel-bytes.ts';
import { type WasmMemory, webAssembly } from './webassembly.ts';

/** Functions of kernel.c; numbers are addresses in its memory. */
interface Functions {
  lines(bytes: number, from: number, to: number, starts: number, ends: number, room: number): number;
  prepare(): void;
  crc(bytes: number, length: number, state: number): number;
  records(bytes: number, from: number, to: number, out: number, limit: number, offsetDelta: number, common: number): number;
  find(bytes: number, from: number, to: number, needle: number, length: number): number;
  objects(bytes: number, starts: number, ends: number, count: number): number;
  field(bytes: number, start: number, end: number, name: number, length: number, value: number): number;
  /** First address that the compiled code does not use itself. */
  readonly __heap_base: { readonly value: number };
}

export interface Kernel {
  readonly functions: Functions;
  readonly memory: WasmMemory;
  readonly scratch: Scratch;
  /** First address behind the scratch: room for slabs, as much as was asked for. */
  readonly roomAt: number;
}

/** Room for arguments that are too large for a call. Nothing in it but texts outlives one. */
export interface Scratch {
  /** `struct common` of kernel.c. */
  readonly common: DataView;
  readonly tail: Buffer;
  readonly insert: Buffer;
  /** Where the value of a field starts and ends. */
  readonly value: Uint32Array;
  /** Texts that are looked for; they stay (intern.ts). */
  readonly texts: Buffer;
  /** Records that lie somewhere else are copied here, as many at once as have room. */
  readonly visitors: Buffer;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly positions: Float64Array;
  readonly times: Float64Array;
}

const pageBytes = 1 << 16;
const systemPageBytes = 4096;
const commonBytes = 80;
const tailBytes = 1 << 16;
const insertBytes = 1 << 14;
const textBytes = 1 << 14;
const valueBytes = 16;
/** The second-level cache holds it. */
const visitorBytes = 1 << 18;
const scratchBytes = commonBytes + tailBytes + insertBytes + valueBytes + textBytes + visitorBytes + slabRecords * (4 + 4 + 8 + 8);

// Keyed by the memory's buffer, which is how bytes say where they lie; a pool that is garbage takes its memory with it.
const kernels = new WeakMap<ArrayBufferLike, Kernel>();
let compiled: { readonly module: object | undefined } | undefined;

/** Undefined where there is none, or where the system does not give that much address space. */
export function createKernel(roomBytes: number): Kernel | undefined {
  compiled ??= { module: compile() };
  const engine = webAssembly();
  if (compiled.module === undefined || engine === undefined) return undefined;
  try {
    // heap base, rounded up, and scratch fit into the first pages; a page that is never touched costs nothing.
    const pages = Math.ceil((heapPages * pageBytes + scratchBytes + roomBytes) / pageBytes);
    const memory = new engine.Memory({ initial: pages, maximum: pages });
    // What kernel.c exports, compiled from the bytes whose origin a test proves.
    const functions = new engine.Instance(compiled.module, { env: { memory } }).exports as Functions;
    functions.prepare();
    const kernel = { functions, memory, ...layOut(memory, functions.__heap_base.value) };
    kernels.set(memory.buffer, kernel);
    return kernel;
  } catch {
    return undefined; // RangeError: out of address space (ulimit -v, a very small machine)
  }
}

/** Tables and stack of kernel.c end in the first page, with a system page to spare (checked by a test). */
const heapPages = 1;

function compile(): object | undefined {
  if (process.env.FAIRLEAD_KERNEL === 'js') return undefined;
  const engine = webAssembly();
  try {
    return engine && new engine.Module(Buffer.from(kernelBytes, 'base64'));
  } catch {
    return undefined; // a processor without SIMD
  }
}

function layOut({ buffer }: WasmMemory, heapBase: number): Pick<Kernel, 'scratch' | 'roomAt'> {
  let at = Math.ceil(heapBase / 16) * 16;
  const next = (bytes: number) => {
    at += bytes;
    return at - bytes;
  };
  const scratch = {
    common: new DataView(buffer, next(commonBytes), commonBytes),
    tail: Buffer.from(buffer, next(tailBytes), tailBytes),
    insert: Buffer.from(buffer, next(insertBytes), insertBytes),
    value: new Uint32Array(buffer, next(valueBytes), 2),
    texts: Buffer.from(buffer, next(textBytes), textBytes),
    visitors: Buffer.from(buffer, next(visitorBytes), visitorBytes),
    starts: new Uint32Array(buffer, next(slabRecords * 4), slabRecords),
    ends: new Uint32Array(buffer, next(slabRecords * 4), slabRecords),
    positions: new Float64Array(buffer, next(slabRecords * 8), slabRecords),
    times: new Float64Array(buffer, next(slabRecords * 8), slabRecords),
  };
  // Slabs begin where pages of the system do.
  return { scratch, roomAt: Math.ceil(at / systemPageBytes) * systemPageBytes };
}

/** The kernel in whose memory the bytes lie. */
export function kernelOf(bytes: Uint8Array): Kernel | undefined {
  return kernels.get(bytes.buffer);
}
