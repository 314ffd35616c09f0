import { didYouMean } from '../../core/nearest.ts';

/** `did you mean "ports"?`, or the words that are possible. */
export function hintFor(word: string, known: readonly string[]): string {
  const otherwise =
    known.length <= 12 ? `expected one of ${known.join(', ')}` : 'see the Compose file reference for the keys that exist here';
  return didYouMean(word, known, otherwise);
}
