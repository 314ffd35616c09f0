/** The safe fixes of a check, as a patch or written to the files. */
import { renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { FairleadError } from '../core/errors.ts';
import type { CheckRequest, CheckResult } from '../doctor/check.ts';
import { check } from '../doctor/check.ts';
import { applyFixes, unifiedDiff } from '../doctor/fixes/index.ts';
import { withOverlay } from '../readers/files.ts';

interface Applied {
  /** Absolute path → new text. */
  readonly texts: ReadonlyMap<string, string>;
  readonly fixed: number;
}

export function patchOf(result: CheckResult, request: CheckRequest): { readonly patch: string; readonly fixed: number } {
  const { texts, fixed } = apply(result, request);
  const patches = [...texts].map(([path, text]) => unifiedDiff(textOf(request, path), text, relative(process.cwd(), path)));
  return { patch: patches.join(''), fixed };
}

export function writeFixes(result: CheckResult, request: CheckRequest): { readonly files: number; readonly fixed: number } {
  const { texts, fixed } = apply(result, request);
  for (const [path, text] of texts) replaceFile(path, text);
  return { files: texts.size, fixed };
}

/** Fixes that are each proven alone are proven together: no finding more than before, and the fixed ones gone. */
function apply(result: CheckResult, request: CheckRequest): Applied {
  const { fixed, texts } = applyFixes(result.findings, request.files, (patched) => {
    const after = check({ ...request, files: withOverlay(request.files, patched) });
    return after.findings.length < result.findings.length && after.problems.length <= result.problems.length;
  });
  return { texts, fixed: fixed.length };
}

function textOf(request: CheckRequest, path: string): string {
  const read = request.files.read(path);
  return read.ok ? read.source.text : '';
}

/** All or nothing: a new file takes the old one's place, with its mode. */
function replaceFile(path: string, text: string): void {
  const fresh = `${path}.fairlead-${process.pid}`;
  try {
    writeFileSync(fresh, text, { mode: statSync(path).mode, flag: 'wx' });
    renameSync(fresh, path);
  } catch (error) {
    try {
      unlinkSync(fresh);
    } catch {
      // It was not made: the first error says why.
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new FairleadError('FAIRLEAD_INPUT_UNREADABLE', { path, reason: `it cannot be written: ${reason}` }, { cause: error });
  }
}
