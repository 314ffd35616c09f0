/** What a file system answered, for decisions (`codeOf`) and for people (`sentenceOf`). */

/** `ENOENT`, `ENOSPC`, …; the empty text for what is no error of the system. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** There is no room, or none for this user. */
export const isFull = (error: unknown): boolean => codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT';

export function sentenceOf(error: unknown): string {
  if (isFull(error)) return 'there is no room on the disk';
  if (codeOf(error) === 'EIO') return 'the disk failed (EIO)';
  return error instanceof Error ? error.message : String(error);
}
