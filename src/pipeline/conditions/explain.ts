/** What it costs to ask a condition, in words. */
import type { Expression } from './expression.ts';
import { parseCondition, sayMistake } from './parse.ts';

export interface Cost {
  readonly parses: 'none' | 'some' | 'all';
  readonly why: string;
}

export function explainCondition(text: string): Cost {
  const read = parseCondition(text);
  if (!read.ok) throw new Error(`condition ${sayMistake(text, read)}`);
  const leaves = leavesOf(read.value);
  const pattern = leaves.find((leaf) => leaf.kind === 'matches' && leaf.operand.kind !== 'label');
  if (pattern !== undefined)
    return {
      parses: 'some',
      why: `${nameOf(pattern)} matches … makes a text of that one value; contains, startsWith or endsWith work on its bytes.`,
    };
  if (leaves.every((leaf) => nameOf(leaf) === ''))
    return { parses: 'none', why: 'Tags and labels are those of the whole stream: no record is looked at.' };
  return { parses: 'none', why: 'Fields are found and compared by their bytes; only a value that is written with escapes is decoded.' };
}

type Leaf = Exclude<Expression, { readonly parts: unknown } | { readonly part: unknown }>;

function leavesOf(expression: Expression): readonly Leaf[] {
  if ('parts' in expression) return expression.parts.flatMap(leavesOf);
  return 'part' in expression ? leavesOf(expression.part) : [expression];
}

/** Empty for what belongs to the stream. */
function nameOf(leaf: Leaf): string {
  if (leaf.kind === 'tag' || leaf.operand.kind === 'label') return '';
  return leaf.operand.kind === 'record' ? 'record' : leaf.operand.path.join('.');
}
