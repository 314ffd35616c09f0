/** The generations that are known of a source, and which of them a file is. */
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import type { Positions } from '../positions/positions.ts';
import type { FileNote } from './identity.ts';
import { headOf, keyOf, lengthOf, originalNames, readNote } from './identity.ts';
import type { Known, TailedFile } from './tailed-file.ts';

/** Its cursor says that the source has run before: what is found from then on is new. */
const startedKey = 'started';
/** A file that is known by its content alone must have had so much of it: below, sending it twice costs nothing. */
const tellingBytes = 1024;

export class Book {
  readonly #source: string;
  readonly #positions: Positions;
  readonly #all = new Map<string, Known>();
  readonly #byInode: Index = new Map();
  readonly #byPath: Index = new Map();
  /** File systems that say when a file was made. */
  readonly #births = new Set<number>();
  readonly startedBefore: boolean;

  constructor(source: string, positions: Positions) {
    this.#source = source;
    this.#positions = positions;
    const cursors = positions.cursors(source);
    this.startedBefore = cursors.length > 0;
    for (const { key, cursor } of cursors) if (key !== startedKey) this.#add({ generation: key, cursor, owner: undefined });
    positions.cursor(source, startedKey).note = { started: true };
  }

  all(): Iterable<Known> {
    return this.#all.values();
  }

  /** Has to be told of everything that is stat'ed: a time of making that is not that of the last change was really noted. */
  learn({ dev, birthtimeMs, ctimeMs }: { readonly dev: number; readonly birthtimeMs: number; readonly ctimeMs: number }): void {
    if (birthtimeMs > 0 && birthtimeMs < ctimeMs) this.#births.add(dev);
  }

  hasInode(key: string): boolean {
    return this.#byInode.has(key);
  }

  of(generation: string): Known | undefined {
    return this.#all.get(generation);
  }

  create(file: TailedFile, head: string): Known {
    const generation = randomBytes(8).toString('hex');
    const known: Known = { generation, cursor: this.#positions.cursor(this.#source, generation), owner: file };
    this.own(known, file, head);
    return known;
  }

  own(known: Known, file: TailedFile, head: string): void {
    // Asking for it says that it is in use.
    this.#positions.cursor(this.#source, known.generation);
    known.owner = file;
    file.known = known;
    file.headLength = lengthOf(head);
    const { goneMs: _, ...note } = known.cursor.note;
    this.#remark(known, { ...note, dev: file.dev, ino: file.ino, birthMs: file.birthMs, path: file.path, head, size: file.size });
  }

  /** Its file has this name now. */
  moved(known: Known, path: string): void {
    this.#remark(known, { ...known.cursor.note, path });
  }

  /** Its file holds something else now: it is found again by its content alone. */
  orphan(known: Known): void {
    known.owner = undefined;
    this.#remark(known, { ...known.cursor.note, dev: 0, ino: 0 });
  }

  /** Its file is gone, and nobody looks for it. */
  gone(known: Known, nowMs: number): void {
    known.owner = undefined;
    known.cursor.note = { ...known.cursor.note, goneMs: nowMs };
  }

  /** Generations that nobody reads and that had this device and inode. */
  ofInode(file: TailedFile): readonly Known[] {
    return allAt(this.#byInode, file.key).filter((known) => known.owner === undefined);
  }

  /** The open file still has what was read of this generation. */
  fits(known: Known, file: TailedFile, head: Buffer): boolean {
    const note = readNote(known.cursor.note);
    if (note === undefined || note.packed === true) return false;
    return hasHead(note, head) && known.cursor.read <= file.size && file.hasMark(note.mark, known.cursor.acknowledged);
  }

  /** An inode that was used again, even for the same content. */
  wasMadeAnew(known: Known, file: TailedFile): boolean {
    const birthMs = known.cursor.note.birthMs;
    return typeof birthMs === 'number' && this.bornApart(file.dev, birthMs, file.birthMs);
  }

  /** Files of the same inode that were made at different times, as far as the file system says. */
  bornApart(dev: number, one: number, other: number): boolean {
    return this.#births.has(dev) && one > 0 && other > 0 && one !== other;
  }

  /** A generation that lost its file, and whose bytes this one holds: a copy that a rotation made before it truncated the original. */
  copiedIn(file: TailedFile, head: Buffer): Known | undefined {
    for (const original of originalNames(basename(file.path)))
      for (const known of allAt(this.#byPath, join(dirname(file.path), original)))
        if (known.owner === undefined && known.cursor.read >= tellingBytes && this.fits(known, file, head)) return known;
    return undefined;
  }

  /** Generations whose beginning is that of these unpacked bytes. */
  ofHead(head: Buffer): readonly Known[] {
    return [...this.#all.values()].filter((known) => {
      const note = readNote(known.cursor.note);
      return note !== undefined && note.packed !== true && known.cursor.read > 0 && hasHead(note, head);
    });
  }

  #remark(known: Known, note: Readonly<Record<string, unknown>>): void {
    const before = readNote(known.cursor.note);
    if (before !== undefined) {
      remove(this.#byInode, keyOf(before), known);
      remove(this.#byPath, before.path, known);
    }
    known.cursor.note = note;
    this.#add(known);
  }

  #add(known: Known): void {
    this.#all.set(known.generation, known);
    const note = readNote(known.cursor.note);
    if (note === undefined) return;
    add(this.#byInode, keyOf(note), known);
    add(this.#byPath, note.path, known);
  }
}

/** One, nearly always: ten thousand sets of one would take more memory than what is in them. */
type Index = Map<string, Known | Set<Known>>;

function add(index: Index, key: string, known: Known): void {
  const there = index.get(key);
  if (there === undefined) index.set(key, known);
  else if (there instanceof Set) there.add(known);
  else if (there !== known) index.set(key, new Set([there, known]));
}

function remove(index: Index, key: string, known: Known): void {
  const there = index.get(key);
  if (there instanceof Set) there.delete(known);
  if (there === known || (there instanceof Set && there.size === 0)) index.delete(key);
}

function allAt(index: Index, key: string): readonly Known[] {
  const there = index.get(key);
  if (there === undefined) return [];
  return there instanceof Set ? [...there] : [there];
}

/** `head` is the first KiB, or all there is. */
function hasHead(note: FileNote, head: Buffer): boolean {
  const length = lengthOf(note.head);
  return length > 0 && length <= head.length && headOf(head, length) === note.head;
}
