import type { Document, ParsedNode } from 'yaml';
import { parseAllDocuments } from 'yaml';
import type { SourceText } from '../../core/text.ts';
import type { Node, Place } from './node.ts';
import type { Problems } from './problems.ts';
import { fileStart, report } from './problems.ts';
import { TooLarge, treeOf } from './yaml-tree.ts';

/** A Compose file of a thousand services has less than half a megabyte; this much is read in a few seconds at worst. */
const MAX_CHARACTERS = 1024 * 1024;

/** Brackets or indicators in a row, before the parser is asked: it would take long to give up. */
const tooDeep = /(?:[[{][ \t\r\n]*){200}|(?:[-?:][ \t]+){200}/;

const nestedTooDeeply = {
  code: 'yaml-too-large',
  message: 'the file is nested too deeply to be read',
  hint: 'write out less: fewer levels, fewer nested aliases',
};
/** The documents of a YAML text as trees whose every value knows its place. What cannot be read is reported and left out. */
export function parseYaml(source: SourceText, problems: Problems): readonly Node[] {
  const whole = fileStart({ source });
  if (source.text.length > MAX_CHARACTERS) {
    const message = `${source.file} holds ${source.text.length} characters`;
    report(problems, whole, {
      code: 'compose-too-large',
      message,
      hint: `a Compose file may have at most ${MAX_CHARACTERS}; split it with include`,
    });
    return [];
  }
  if (tooDeep.test(source.text)) {
    report(problems, whole, nestedTooDeeply);
    return [];
  }
  try {
    const documents = parseAllDocuments(source.text, {
      schema: 'failsafe',
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
    });
    return [...documents].flatMap((document) => walkDocument(document, source, problems));
  } catch (error) {
    if (!(error instanceof TooLarge) && !(error instanceof RangeError)) throw error;
    if (error instanceof TooLarge) report(problems, whole, { ...nestedTooDeeply, message: error.message });
    else report(problems, whole, nestedTooDeeply);
    return [];
  }
}

function walkDocument(document: Document.Parsed | Document, source: SourceText, problems: Problems): readonly Node[] {
  // One only: what follows is mostly a consequence of the first.
  const [error] = document.errors;
  if (error?.message.includes('call stack') === true) throw new RangeError(error.message);
  if (error !== undefined) {
    const place: Place = { source, start: error.pos[0], end: error.pos[1], exact: false, via: [] };
    report(problems, place, { code: 'yaml-syntax', message: error.message.replace(/\.?$/, ''), hint: hintForSyntax(error.code) });
  }
  const contents = document.contents;
  if (contents === null) return [];
  // Document.Parsed says what parseAllDocuments returns; its typing loses the ranges.
  return [treeOf(contents as ParsedNode, source, problems)];
}

function hintForSyntax(code: string): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'indent with spaces; YAML allows no tabs there';
    case 'BAD_INDENT':
    case 'MISSING_CHAR':
      return 'check the indentation, quotes and brackets on this line and the one above';
    case 'BAD_ALIAS':
      return 'define the anchor with &name before it is used';
    default:
      return 'this is not valid YAML; check the indentation, quotes and brackets on this line and the one above';
  }
}
