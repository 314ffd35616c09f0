/** What the content of a version may be, and the hash that stands for it on the wire. */
import { createHash, hash } from 'node:crypto';
import type { ConfigFile } from './configurations.ts';

export const limits = {
  /** Of one file, in bytes of UTF-8. */
  fileBytes: 1 << 20,
  allBytes: 4 << 20,
  files: 64,
} as const;

/** Names of configurations and assignments: they stand in keys of the store, in URLs and on command lines. */
export const nameForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

const fileNameForm = /^[^\p{Cc}]{0,256}$/u;
const contentTypeForm = /^[\x20-\x7e]{0,128}$/;

/** The first thing that is wrong with the files, as a clause; undefined when nothing is. */
export function contentProblem(files: readonly ConfigFile[]): string | undefined {
  if (files.length === 0) return 'a version needs a file';
  if (files.length > limits.files) return `${files.length} files; ${limits.files} are the most`;
  const names = new Set<string>();
  let all = 0;
  for (const { name, contentType, body } of files) {
    const shown = JSON.stringify(name.slice(0, 80));
    if (!fileNameForm.test(name) || !name.isWellFormed()) return `${shown} is no name of a file`;
    if (names.has(name)) return `${shown} stands twice`;
    names.add(name);
    if (!contentTypeForm.test(contentType)) return `${shown}: ${JSON.stringify(contentType.slice(0, 80))} is no content type`;
    // Half of a surrogate pair has no UTF-8, and a NUL is no text: the body would come back as another one.
    if (!body.isWellFormed() || body.includes('\0')) return `${shown} is no text`;
    const bytes = Buffer.byteLength(body);
    if (bytes > limits.fileBytes) return `${shown} has ${bytes} bytes; ${limits.fileBytes} are the most for a file`;
    all += bytes;
  }
  return all > limits.allBytes ? `the files have ${all} bytes together; ${limits.allBytes} are the most` : undefined;
}

/**
 * Hex SHA-256 over the canonical form: the ASCII text `fairlead-config-v1` and a line feed; then the files in the order of their
 * names' UTF-8 bytes, each as name, content type and body, each of these as its length (8 bytes, big-endian) and its UTF-8.
 * Lengths in front make the form unambiguous: no two different sets of files have the same bytes. docs/configurations.md shows it.
 */
export function contentHash(files: readonly ConfigFile[]): string {
  const digest = createHash('sha256').update('fairlead-config-v1\n', 'ascii');
  for (const file of inOrder(files))
    for (const text of [file.name, file.contentType, file.body]) {
      const length = Buffer.alloc(8);
      length.writeBigUInt64BE(BigInt(Buffer.byteLength(text)));
      digest.update(length).update(text, 'utf8');
    }
  return digest.digest('hex');
}

/** Files in canonical order, so that two authors who list them differently store the same version. */
export function inOrder(files: readonly ConfigFile[]): readonly ConfigFile[] {
  return [...files].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
}

/** The address of a body in the store: equal bodies are kept once. */
export const bodyHash = (body: string): string => hash('sha256', body);

/** At most this many UTF-16 code units: three bytes each at worst, so a piece fits into a value of the store (1 MiB). */
const pieceLength = 1 << 18;

export function pieces(body: string): readonly string[] {
  const result: string[] = [];
  let at = 0;
  do {
    let end = Math.min(body.length, at + pieceLength);
    // Never between the two halves of a surrogate pair.
    if (end < body.length && (body.charCodeAt(end - 1) & 0xfc00) === 0xd800) end -= 1;
    result.push(body.slice(at, end));
    at = end;
  } while (at < body.length);
  return result;
}
