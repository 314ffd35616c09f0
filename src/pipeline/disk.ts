/**
 * The few things that durable parts (spool, positions, dead letters) ask of a file system, so that a model of one that loses what was not synced,
 * is full or fails can stand in its place.
 */
export interface DiskFile {
  /** All of it, or it rejects (ENOSPC, EIO); then any part of it may have been written. */
  write(buffers: readonly Uint8Array[], position: number): Promise<void>;
  /** How many bytes were there, at most `into.length`. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** fdatasync(2). After a rejection the state of earlier writes is unknown, and a second call proves nothing: write anew, into another file. */
  datasync(): Promise<void>;
  truncate(length: number): Promise<void>;
  /** Reserves space without changing the size that is read, where the system can; otherwise does nothing. */
  allocate(length: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

export interface Disk {
  /** `create` fails when it is there (EEXIST); `read` and `write` fail when it is not (ENOENT). */
  open(path: string, how: 'read' | 'write' | 'create'): Promise<DiskFile>;
  makeDir(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** fsync(2) of the folder: names that were made, changed or taken away in it survive a power cut only after this. */
  syncDir(path: string): Promise<void>;
  list(path: string): Promise<readonly string[]>;
  /** Bytes that may still be written to the file system of this folder; without it nobody asks. */
  free?(path: string): Promise<number>;
}
