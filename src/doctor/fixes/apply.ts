/** What --fix writes: the safe fixes that go together. */
import type { TextEdit } from '../../core/text.ts';
import type { Finding } from '../../network/answer.ts';
import type { Files } from '../../readers/files.ts';
import { patchedTexts } from './prove.ts';
import { combine } from './write.ts';

/** Absolute path → new text, of the files that change. Nothing is written. */
export interface Applied {
  readonly texts: ReadonlyMap<string, string>;
  /** The findings whose fix is in the texts. */
  readonly fixed: readonly Finding[];
  /** Findings with a safe fix that touches the place of another one: a second run offers it again. */
  readonly left: readonly Finding[];
}

/**
 * Takes the first safe fix of each finding, as long as it touches no edit that is taken already. `holds` reads the
 * patched files again: a set of fixes that breaks together what each of them mends alone is given up one by one.
 */
export function applyFixes(
  findings: readonly Finding[],
  files: Files,
  holds: (texts: ReadonlyMap<string, string>) => boolean = () => true,
): Applied {
  let taken: readonly TextEdit[] = [];
  let texts: ReadonlyMap<string, string> = new Map();
  const fixed: Finding[] = [];
  const left: Finding[] = [];
  for (const finding of findings) {
    const fix = finding.fixes.find(({ applicability, edits }) => applicability === 'safe' && edits.length > 0);
    if (fix === undefined) continue;
    const edits = combine([...taken, ...fix.edits]);
    const patched = edits === undefined ? undefined : patchedTexts(files, edits);
    if (edits === undefined || patched === undefined) left.push(finding);
    else {
      taken = edits;
      texts = patched;
      fixed.push(finding);
    }
  }
  if (fixed.length < 2 || holds(texts)) return { texts, fixed, left };
  return oneByOne(fixed, left, files, holds);
}

function oneByOne(
  candidates: readonly Finding[],
  left: readonly Finding[],
  files: Files,
  holds: (texts: ReadonlyMap<string, string>) => boolean,
): Applied {
  let taken: readonly TextEdit[] = [];
  let texts: ReadonlyMap<string, string> = new Map();
  const fixed: Finding[] = [];
  const spoiled: Finding[] = [];
  for (const finding of candidates) {
    const fix = finding.fixes.find(({ applicability, edits }) => applicability === 'safe' && edits.length > 0);
    const edits = combine([...taken, ...(fix?.edits ?? [])]);
    const patched = edits === undefined ? undefined : patchedTexts(files, edits);
    if (edits === undefined || patched === undefined || !holds(patched)) spoiled.push(finding);
    else {
      taken = edits;
      texts = patched;
      fixed.push(finding);
    }
  }
  return { texts, fixed, left: [...left, ...spoiled] };
}
