import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createSlabPool } from '../slab-pool.ts';
import { createKernel, kernelOf } from './kernel.ts';
import { kernelSource } from './kernel-bytes.ts';

test('the compiled kernel was made from kernel.c as it is: otherwise run npm run kernel', () => {
  const source = readFileSync(new URL('kernel.c', import.meta.url));
  assert.equal(createHash('sha256').update(source).digest('hex'), kernelSource);
});

test('slabs of a pool lie in the memory of one kernel, one behind the other, and pools have kernels of their own', (context) => {
  if (process.env.FAIRLEAD_KERNEL === 'js') return context.skip('FAIRLEAD_KERNEL=js');
  const pool = createSlabPool(2);
  const first = pool.take();
  const second = pool.take();
  const other = createSlabPool(1).take();
  assert.ok(first && second && other);
  assert.notEqual(kernelOf(first.bytes), undefined);
  assert.equal(kernelOf(first.bytes), kernelOf(second.bytes));
  assert.notEqual(kernelOf(first.bytes), kernelOf(other.bytes));
  assert.ok(second.bytes.byteOffset >= first.ends.byteOffset + first.ends.byteLength);
  assert.equal(first.bytes.byteOffset % 4096, 0);
});

test('the code of the kernel leaves its scratch alone: it ends in the first page', (context) => {
  const kernel = createKernel(0);
  if (kernel === undefined) return context.skip('no WebAssembly here');
  const heapBase = kernel.functions.__heap_base.value;
  assert.ok(heapBase > 16 * 256 * 4 && heapBase <= 65536 - 4096, String(heapBase));
  assert.ok(kernel.scratch.common.byteOffset >= heapBase);
  assert.ok(kernel.roomAt <= kernel.memory.buffer.byteLength);
});

test('more memory than there is address space gives no kernel instead of an error', () => {
  assert.equal(createKernel(2 ** 40), undefined);
});
