/** What is looked for: patterns over bytes as characters, and texts one of which is in everything that they match. */
import { cardPattern, isCard } from './cards.ts';
import type { RedactSettings, SecretKind } from './settings.ts';

export interface Secret {
  readonly kind: string;
  readonly pattern: RegExp;
  /** Without any, and not for a card, every record is looked at. */
  readonly needles: readonly string[];
  readonly isCard: boolean;
  readonly check?: (text: string) => boolean;
}

const secret = (kind: SecretKind, pattern: RegExp, needles: readonly string[]): Secret => ({ kind, pattern, needles, isCard: false });

/** In this order: what stands in a URL before what looks like an address. Lookbehinds keep what tells a reader which secret it was. */
const known: readonly Secret[] = [
  secret('private-key', /-----BEGIN (?:[A-Z0-9 ]{1,40} )?PRIVATE KEY-----[\s\S]*?(?:-----END (?:[A-Z0-9 ]{1,40} )?PRIVATE KEY-----|$)/g, [
    'PRIVATE KEY',
  ]),
  // A digit, a = or a capital inside tells a credential from a word: "a basic configuration".
  secret('token', /(?<=\b(?:[Bb]earer|BEARER|[Bb]asic|BASIC) {1,4})(?=[A-Za-z][a-z]*[A-Z0-9=]|\d)[\w.~+/-]{8,}=*/g, [
    'earer ',
    'EARER ',
    'asic ',
    'ASIC ',
  ]),
  secret('token', /\beyJ[\w-]{5,}\.eyJ[\w-]{5,}\.[\w-]*/g, ['eyJ']),
  secret('token', /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b/g, ['AKIA', 'ASIA', 'ABIA', 'ACCA']),
  secret('token', /(?<=aws.{0,20}secret.{0,20}[=: '"]{1,5})[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])/gi, ['ecret', 'ECRET']),
  secret('token', /\b(?:gh[pousr]_\w{36,255}|github_pat_\w{22,255})\b/g, ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_']),
  secret('token', /\bglpat-[\w-]{20,}/g, ['glpat-']),
  secret('token', /\bxox[abeoprs]-[\w-]{10,}/g, ['xox']),
  secret('token', /\bAIza[\w-]{35}(?![\w-])/g, ['AIza']),
  secret('token', /\b[rs]k_(?:live|test)_\w{16,}/g, ['k_live_', 'k_test_']),
  secret('url-password', /(?<=[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/"']{0,100}:)[^\s@/"']{1,200}(?=@)/gi, ['://']),
  { kind: 'card', pattern: cardPattern, needles: [], isCard: true, check: isCard },
  secret(
    'email',
    /(?:[A-Za-z0-9._%+-]|[^\x00-\x7f]){1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}(?![A-Za-z0-9])/g,
    ['@'],
  ),
];

export function secretsOf({ kinds, patterns }: RedactSettings): readonly Secret[] {
  const own = patterns.map(
    ({ name, pattern, contains, ignoreCase }): Secret => ({
      ...{ kind: name, isCard: false },
      pattern: new RegExp(asBytes(pattern), ignoreCase ? 'gi' : 'g'),
      needles: contains === undefined || ignoreCase ? [] : [contains],
    }),
  );
  return [...own, ...known.filter(({ kind }) => kinds.some((one) => one === kind))];
}

/** A pattern as it has to be to match the UTF-8 bytes of its text, each taken for a character. */
const asBytes = (pattern: string): string =>
  pattern.replaceAll(/[^\x00-\x7f]/gu, (character) => {
    const bytes = Buffer.from(character).toString('latin1');
    return bytes.length === 1 ? bytes : `(?:${bytes})`;
  });
