/** What we use of WebAssembly. Node has it, the type library without a browser does not know it. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

interface WasmEngine {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, object>>>>,
  ) => { readonly exports: unknown };
  readonly Memory: new (pages: { readonly initial: number; readonly maximum: number }) => WasmMemory;
}

/** Undefined where it was switched off (`--jitless`, some builds). */
export function webAssembly(): WasmEngine | undefined {
  // A global of the JavaScript engine, so nothing of ours could have checked its type.
  return (globalThis as { readonly WebAssembly?: WasmEngine }).WebAssembly;
}
