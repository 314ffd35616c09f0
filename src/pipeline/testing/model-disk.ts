/**
 * A file system in memory that forgets: what was not synced may be gone after a power cut, names included; and that fails when told to.
 *
 * - A write is in the cache; `datasync` makes the file's bytes durable, `syncDir` the names in a folder. Folders themselves are always durable.
 * - After a power cut of an unsynced file any of its dirty blocks of 4 KiB may have survived, one of them torn at a sector; its length lies between
 *   the synced and the last one. Of the names that were changed and not synced, the first few changes may have survived.
 * - A sync that fails leaves the cache as it is and forgets that it was dirty, as Linux does: a second sync succeeds and proves nothing.
 */
import { dirname } from 'node:path';
import type { Disk, DiskFile } from '../disk.ts';

const blockBytes = 4_096;
const sectorBytes = 512;

export type DiskOperation =
  | 'open'
  | 'write'
  | 'read'
  | 'datasync'
  | 'truncate'
  | 'size'
  | 'close'
  | 'rename'
  | 'unlink'
  | 'syncDir'
  | 'list'
  | 'makeDir';

export interface ModelDisk extends Disk {
  /** Operations so far. */
  readonly operations: number;
  /** Asked before every operation: the code of the error that it fails with. */
  fault: ((index: number, operation: DiskOperation, path: string) => string | undefined) | undefined;
  /** Bytes that all files may have; more is ENOSPC. */
  capacity: number;
  readonly used: number;
  /** The disk as a new process finds it. The old one hangs for ever: whoever still uses it is dead. */
  afterKill(): ModelDisk;
  /** The same after a power cut; `random` decides what survived. */
  afterPowerCut(random: () => number): ModelDisk;
  /** For damage. The bytes are those of the file. */
  contents(path: string): Buffer | undefined;
  put(path: string, bytes: Buffer): void;
  readonly paths: readonly string[];
}

export function modelDisk(): ModelDisk {
  return new Model(new Map());
}

class Inode {
  bytes: Buffer = Buffer.alloc(0);
  /** `bytes` is its beginning; what follows is zero. */
  #room = Buffer.alloc(0);
  durable = Buffer.alloc(0);
  readonly dirty = new Set<number>();

  write(bytes: Uint8Array, position: number): void {
    const length = Math.max(this.bytes.length, position + bytes.length);
    if (length > this.#room.length) {
      const larger = Buffer.alloc(length * 2);
      this.bytes.copy(larger);
      this.#room = larger;
    }
    // Set from outside (a copy, what survived): it lies elsewhere.
    if (this.bytes.buffer !== this.#room.buffer) this.bytes.copy(this.#room);
    this.bytes = this.#room.subarray(0, length);
    this.bytes.set(bytes, position);
    for (let block = Math.floor(position / blockBytes); block * blockBytes < position + bytes.length; block++) this.dirty.add(block);
  }

  truncate(length: number): void {
    if (length > this.bytes.length) this.write(Buffer.alloc(length - this.bytes.length), this.bytes.length);
    this.bytes.fill(0, length);
    this.bytes = this.bytes.subarray(0, length);
    this.dirty.add(Math.floor(length / blockBytes));
  }

  sync(): void {
    if (this.dirty.size === 0 && this.durable.length === this.bytes.length) return;
    const durable = Buffer.alloc(this.bytes.length);
    this.durable.copy(durable);
    for (const block of this.dirty) this.bytes.copy(durable, block * blockBytes, block * blockBytes, (block + 1) * blockBytes);
    this.durable = durable;
    this.dirty.clear();
  }

  /** What a power cut leaves. */
  survivor(random: () => number): Inode {
    const left = new Inode();
    const [shorter, longer] = [this.durable.length, this.bytes.length].sort((one, other) => one - other);
    const length = (shorter ?? 0) + Math.floor(random() * ((longer ?? 0) - (shorter ?? 0) + 1));
    const bytes = Buffer.alloc(length);
    this.durable.copy(bytes);
    const share = random();
    for (const block of this.dirty) {
      const at = block * blockBytes;
      if (at >= length || random() >= share) continue;
      const torn = random() < 0.2 ? sectorBytes * Math.floor((random() * blockBytes) / sectorBytes) : blockBytes;
      this.bytes.copy(bytes, at, at, Math.min(at + torn, length));
    }
    left.bytes = Buffer.from(bytes);
    left.durable = Buffer.from(bytes);
    return left;
  }

  copy(): Inode {
    const copy = new Inode();
    copy.bytes = Buffer.from(this.bytes);
    copy.durable = Buffer.from(this.durable);
    for (const block of this.dirty) copy.dirty.add(block);
    return copy;
  }
}

type Names = Map<string, Inode>;
/** One change of names, to be made again. */
interface Change {
  readonly dir: string;
  make(names: Names): void;
}

class Model implements ModelDisk {
  operations = 0;
  fault: ModelDisk['fault'];
  capacity = Number.POSITIVE_INFINITY;
  #names: Names;
  #durable: Names;
  #changes: Change[] = [];
  #dead = false;

  constructor(names: Names, durable: Names = new Map(names), changes: Change[] = []) {
    this.#names = names;
    this.#durable = durable;
    this.#changes = changes;
  }

  get used(): number {
    return [...this.#names.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  get paths(): readonly string[] {
    return [...this.#names.keys()];
  }

  contents(path: string): Buffer | undefined {
    return this.#names.get(path)?.bytes;
  }

  put(path: string, bytes: Buffer): void {
    const inode = new Inode();
    inode.bytes = Buffer.from(bytes);
    inode.durable = Buffer.from(bytes);
    this.#names.set(path, inode);
    this.#durable.set(path, inode);
  }

  afterKill(): ModelDisk {
    this.#dead = true;
    const copies = new Map<Inode, Inode>();
    const copied = (names: Names): Names => new Map([...names].map(([path, inode]) => [path, copies.get(inode) ?? remember(inode)]));
    const remember = (inode: Inode): Inode => {
      const copy = inode.copy();
      copies.set(inode, copy);
      return copy;
    };
    const names = copied(this.#names);
    const durable = copied(this.#durable);
    // The changes that were not synced speak of the old inodes: they are worked out once more from the names.
    const changes = [...this.#changes].map(({ dir }) => ({ dir, make: (target: Names) => replaceIn(dir, target, names) }));
    return new Model(names, durable, changes);
  }

  afterPowerCut(random: () => number): ModelDisk {
    this.#dead = true;
    const left = new Map(this.#durable);
    const survived = random() < 0.5 ? 0 : Math.floor(random() * (this.#changes.length + 1));
    for (const change of this.#changes.slice(0, survived)) change.make(left);
    const survivors = new Map<Inode, Inode>();
    return new Model(
      new Map(
        [...left].map(([path, inode]) => {
          const survivor = survivors.get(inode) ?? inode.survivor(random);
          survivors.set(inode, survivor);
          return [path, survivor];
        }),
      ),
    );
  }

  open(path: string, how: 'read' | 'write' | 'create'): Promise<DiskFile> {
    return this.#operation('open', path, () => {
      let inode = this.#names.get(path);
      if (how === 'create') {
        if (inode !== undefined) throw failure('EEXIST', path);
        inode = new Inode();
        this.#change(dirname(path), linking(path, inode));
      }
      if (inode === undefined) throw failure('ENOENT', path);
      return this.#file(inode, path);
    });
  }

  makeDir(path: string): Promise<void> {
    return this.#operation('makeDir', path, () => {});
  }

  rename(from: string, to: string): Promise<void> {
    return this.#operation('rename', from, () => {
      const inode = this.#names.get(from);
      if (inode === undefined) throw failure('ENOENT', from);
      this.#change(dirname(to), (names) => {
        names.delete(from);
        names.set(to, inode);
      });
    });
  }

  unlink(path: string): Promise<void> {
    return this.#operation('unlink', path, () => {
      if (!this.#names.has(path)) throw failure('ENOENT', path);
      this.#change(dirname(path), (names) => names.delete(path));
    });
  }

  syncDir(path: string): Promise<void> {
    return this.#operation('syncDir', path, () => {
      for (const change of this.#changes) if (change.dir === path) change.make(this.#durable);
      this.#changes = this.#changes.filter(({ dir }) => dir !== path);
    });
  }

  list(path: string): Promise<readonly string[]> {
    const names = () => [...this.#names.keys()].filter((name) => dirname(name) === path);
    return this.#operation('list', path, () => names().map((name) => name.slice(path.length + 1)));
  }

  free = () => Promise.resolve(this.capacity - this.used);

  #change(dir: string, make: Change['make']): void {
    make(this.#names);
    this.#changes.push({ dir, make });
  }

  /** All of the effect, or none of it when the end comes first; `failed` is what a fault leaves behind. */
  async #operation<T>(operation: DiskOperation, path: string, effect: () => T, failed?: () => void): Promise<T> {
    await null;
    this.operations += 1;
    const code = this.fault?.(this.operations, operation, path);
    // Also when the power was cut just now, by the one that was asked for a fault.
    if (this.#dead) await new Promise(() => {});
    if (code === undefined) return effect();
    failed?.();
    throw failure(code, path);
  }

  #file(inode: Inode, path: string): DiskFile {
    return {
      write: (buffers, position) => {
        const bytes = Buffer.concat(buffers);
        const part = () => inode.write(bytes.subarray(0, Math.floor(bytes.length / 2)), position);
        return this.#operation('write', path, () => this.#write(inode, bytes, position, path), part);
      },
      read: (into, position) => this.#operation('read', path, () => inode.bytes.copy(into, 0, position, position + into.length)),
      datasync: () =>
        this.#operation(
          'datasync',
          path,
          () => inode.sync(),
          () => inode.dirty.clear(),
        ),
      truncate: (length) => this.#operation('truncate', path, () => inode.truncate(length)),
      allocate: () => Promise.resolve(),
      size: () => this.#operation('size', path, () => inode.bytes.length),
      close: () => this.#operation('close', path, () => {}),
    };
  }

  #write(inode: Inode, bytes: Buffer, position: number, path: string): void {
    const growth = Math.max(0, position + bytes.length - inode.bytes.length);
    const missing = Math.max(0, growth - Math.max(0, this.capacity - this.used));
    inode.write(bytes.subarray(0, Math.max(0, bytes.length - missing)), position);
    if (missing > 0) throw failure('ENOSPC', path);
  }
}

const linking = (path: string, inode: Inode) => (names: Names) => void names.set(path, inode);

function replaceIn(dir: string, target: Names, source: Names): void {
  for (const path of [...target.keys()]) if (dirname(path) === dir) target.delete(path);
  for (const [path, inode] of source) if (dirname(path) === dir) target.set(path, inode);
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
