import { dirname, resolve } from 'node:path/posix';
import type { SourceText } from '../../core/text.ts';
import type { Scope } from './scope.ts';

const WORKING_FOLDER = /^(?:\$\(\s*pwd(?:\s+-[LP])?\s*\)|`\s*pwd(?:\s+-[LP])?\s*`)$/;
/** `$(dirname "$0")`, with every quoting, `readlink -f`, `realpath` and `${BASH_SOURCE[0]}` that people write. */
const SCRIPT_FOLDER =
  /^\$\(\s*(?:cd\s+(?:--\s+)?(?:-P\s+)?"?\$\(\s*)?dirname\s+(?:--\s+)?"?(?:\$\(\s*(?:readlink -f|realpath)\s+)?"?\$(?:0|\{0\}|\{?BASH_SOURCE(?:\[0\])?(?::-\$0)?\}?)"?\s*\)?"?\s*(\)"?)?([^()]{0,60})\)$/;
const SEQUENCE = /^\$\(\s*seq\s+(\d{1,6})(?:\s+(\d{1,6}))?\s*\)$/;
const MAX_SEQUENCE = 1000;

/** The folder that a script's commands run in, when it is run from where it lies. */
export function folderOf(source: SourceText): string {
  return source.file.startsWith('<') ? '.' : dirname(source.file);
}

/** The value of the few command substitutions that can be told without running anything. Folders are absolute, as a shell gives them. */
export function knownSubstitution(text: string, source: SourceText, scope: Scope): string | undefined {
  if (text.length > 200) return undefined;
  if (WORKING_FOLDER.test(text)) return scope.folder === undefined ? undefined : resolve(scope.folder);
  const sequence = SEQUENCE.exec(text);
  if (sequence !== null) return count(sequence);
  const script = SCRIPT_FOLDER.exec(text);
  if (script === null) return undefined;
  const rest = script[2] ?? '';
  if (/^\s*$/.test(rest)) return resolve(folderOf(source));
  const up = /^((?:\/\.\.)*)"?\s*(?:>\/dev\/null\s*(?:2>&1)?\s*)?(?:&&|;)\s*pwd(?:\s+-[LP])?\s*$/.exec(rest);
  return up === null ? undefined : resolve(folderOf(source), `.${up[1] ?? ''}`);
}

function count(match: RegExpExecArray): string | undefined {
  const first = match[2] === undefined ? 1 : Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  if (last - first >= MAX_SEQUENCE) return undefined;
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index).join(' ');
}
