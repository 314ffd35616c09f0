/** What a crash or a power cut leaves at the end of a file of lines. */
import type { DiskFile } from '../../disk.ts';

const stepBytes = 64 * 1024;

/**
 * The length of the file up to and with its last line break. What follows was cut off in the middle of a write; it was not acknowledged, so its
 * origin brings it again.
 */
export async function wholeLines(file: DiskFile): Promise<{ readonly size: number; readonly torn: number }> {
  const size = await file.size();
  const step = Buffer.allocUnsafe(stepBytes);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - stepBytes);
    const read = await file.read(step.subarray(0, end - start), start);
    const at = step.subarray(0, read).lastIndexOf(10);
    if (at !== -1) return { size: start + at + 1, torn: size - (start + at + 1) };
    end = start;
  }
  return { size: 0, torn: size };
}
