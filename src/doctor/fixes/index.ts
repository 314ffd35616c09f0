/** Fixes: from a rule's intent to proven edits of the text. */
export { applyFixes } from './apply.ts';
export { proveFixes } from './prove.ts';
export { unifiedDiff } from './unified-diff.ts';
