/** The journal's file: appended to, made durable, and rewritten when it has grown. Never rejects for a full disk: it says so. */
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { encodeFrame, header, type Scan, scan } from './frame.ts';

export interface JournalFile extends AsyncDisposable {
  /** Appends and makes durable. When that fails, nothing of it counts; only to a clean file may be appended again. */
  append(values: readonly unknown[]): Promise<Written>;
  /** Puts a file with just these values in its place, at once or not at all. */
  rewrite(values: readonly unknown[]): Promise<Written>;
  /** Of the file, as far as it counts. */
  sizeBytes(): number;
}

/** `clean`: the file ends where it did before. */
export type Written = { readonly ok: true } | { readonly ok: false; readonly cause: unknown; readonly clean: boolean };

export async function readJournalFile(path: string): Promise<Scan | undefined> {
  try {
    return scan(await readFile(path));
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw cause;
  }
}

/** `goodBytes` of the scan before: what stands behind is cut off, so that the next record is found. */
export async function openJournalFile(path: string, goodBytes: number): Promise<JournalFile> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  // Made by a rewrite that was interrupted: it never counted.
  await unlink(`${path}.new`).catch(() => {});
  let file = await open(path, 'a+', 0o600);
  // Opened to append: writes go to the end whatever the position is.
  await file.truncate(goodBytes);
  let size = goodBytes;

  const write = async (handle: FileHandle, bytes: Buffer) => {
    for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
    await handle.datasync();
  };
  let clean = true;
  const attempt = async (action: () => Promise<void>): Promise<Written> => {
    try {
      await action();
      return { ok: true };
    } catch (cause) {
      return { ok: false, cause, clean };
    }
  };

  return {
    sizeBytes: () => size,
    append: (values) =>
      attempt(async () => {
        const bytes = Buffer.concat([...(size === 0 ? [header] : []), ...values.map(encodeFrame)]);
        try {
          await write(file, bytes);
        } catch (cause) {
          clean = await file.truncate(size).then(
            () => true,
            () => false,
          );
          throw cause;
        }
        size += bytes.length;
      }),
    rewrite: (values) =>
      attempt(async () => {
        const bytes = Buffer.concat([header, ...values.map(encodeFrame)]);
        const next = await open(`${path}.new`, 'w', 0o600);
        try {
          await write(next, bytes);
        } catch (cause) {
          await next.close();
          await unlink(`${path}.new`).catch(() => {});
          throw cause;
        }
        await next.close();
        await rename(`${path}.new`, path);
        await syncFolder(dirname(path));
        const old = file;
        file = await open(path, 'a', 0o600);
        clean = true;
        size = bytes.length;
        await old.close();
      }),
    async [Symbol.asyncDispose]() {
      await file.close();
    },
  };
}

/** A rename is durable when its folder is; not every file system can be asked to. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().catch(() => {});
  await folder.close();
}

function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}
