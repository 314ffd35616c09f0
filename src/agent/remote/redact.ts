/** Takes secrets out of a configuration before it is shown to anybody. Rather one value too many than one too few. */

export const redacted = '[redacted]';

/** Compared without case and separators, anywhere in a key: `bootstrapToken`, `AUTH_HEADER`, `tls-private-key`. */
const secretWords = [
  'password',
  'passwd',
  'pwd',
  'passphrase',
  'token',
  'secret',
  'credential',
  'certificate',
  'auth',
  'apikey',
  'privatekey',
  'cookie',
  'dsn',
];
/** `key` alone is in too many words: it counts as a word of its own. */
const keyWord = /(^|[^a-z])keys?([^a-z]|$)/;
/** What names a place where a secret lies is no secret. */
const placeWord = /(file|path|dir|folder|fingerprint|name)s?$/;

export function isSecretKey(key: string): boolean {
  const words = key.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
  const plain = words.replaceAll(/[^a-z0-9]/g, '');
  if (placeWord.test(plain)) return false;
  return secretWords.some((word) => plain.includes(word)) || keyWord.test(words) || plain.endsWith('key');
}

/** A deep copy without secrets: values of secret keys, and secrets inside other texts. */
export function redact(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const named = entries.find(([key, text]) => /^(name|key|header)$/i.test(key) && typeof text === 'string' && isSecretKey(text));
  return Object.fromEntries(
    entries.map(([key, inner]) => {
      // `{name: Authorization, value: …}`: the key is a value here.
      const secret = isSecretKey(key) || (named !== undefined && /^(value|values|default)$/i.test(key));
      // A number or a switch gives a secret away just as well; only emptiness may be seen.
      if (!secret || key === named?.[0]) return [key, redact(inner)];
      return [key, inner === null || inner === '' ? inner : redacted];
    }),
  );
}

const patterns: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*(?:PRIVATE KEY|CERTIFICATE)-----[\s\S]*?(?:-----END [A-Z ]*-----|$)/g, redacted],
  // scheme://user:password@host; the user may be a token too.
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@?#]+@/gi, `$1${redacted}@`],
  [/\b(bearer|basic|digest)\s+[A-Za-z0-9+/=_.~-]{6,}/gi, `$1 ${redacted}`],
  // Queries and connection strings: `?token=…&`, `Password=…;`
  [
    /([?&;\s,]|^)([A-Za-z0-9_.-]*(?:password|passwd|pwd|passphrase|token|secret|credential|auth|api_?key|private_?key|signature)[A-Za-z0-9_.-]*=)[^&;\s,]+/gi,
    `$1$2${redacted}`,
  ],
  // A JSON Web Token, wherever it stands, and our own enrolment tokens.
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, redacted],
  [/\bflt_[A-Za-z0-9]+_[A-Za-z0-9_-]+/g, redacted],
];

export function redactText(text: string): string {
  return patterns.reduce((rest, [pattern, replacement]) => rest.replaceAll(pattern, replacement), text);
}
