/** Values that Compose reads from texts: durations, sizes, command lines. */

const unitMs: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `1m30s`, `500ms`, `1.5h`, `0`; undefined when it is none (a number without a unit is none). */
export function parseDuration(text: string): number | undefined {
  if (/^[-+]?0$/.test(text)) return 0;
  const sign = text.startsWith('-') ? -1 : 1;
  const body = text.replace(/^[-+]/, '');
  if (!/^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(body)) return undefined;
  let total = 0;
  for (const [, number, unit] of body.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g))
    total += Number(number) * (unitMs[unit ?? ''] ?? 0);
  return sign * total;
}

/** As Go prints a duration: `1h30m0s`, `1m30s`, `500ms`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  const sign = ms < 0 ? '-' : '';
  const size = Math.abs(ms);
  if (size < 1000) {
    if (size >= 1) return `${sign}${trimmed(size)}ms`;
    return size >= 1e-3 ? `${sign}${trimmed(size * 1e3)}µs` : `${sign}${trimmed(size * 1e6)}ns`;
  }
  const hours = Math.floor(size / 3_600_000);
  const minutes = Math.floor((size % 3_600_000) / 60_000);
  const seconds = trimmed((size % 60_000) / 1000);
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`;
}

const trimmed = (value: number): string => String(Number(value.toFixed(9)));

/** `512M`, `1.5gb`, `64 KiB`, `100`, `-1`: bytes, in powers of 1024. */
export function parseBytes(text: string): number | undefined {
  const match = /^(-?\d+(?:\.\d+)*) ?([kmgtp])?i?b?$/i.exec(text);
  const number = Number(match?.[1]);
  if (match === null || Number.isNaN(number)) return undefined;
  const power = match[2] === undefined ? 0 : 'kmgtp'.indexOf(match[2].toLowerCase()) + 1;
  return Math.trunc(number * 1024 ** power);
}

/**
 * A command line as Compose splits it into arguments; undefined when a quote stays open or a parenthesis stands
 * outside of quotes. It is no shell: what comes after `;`, `&`, `|`, `<` or `>` is dropped.
 */
export function splitCommand(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote: "'" | '"' | '`' | '(' | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (char === '\\' && quote !== "'") {
      word = (word ?? '') + (text[at + 1] ?? '');
      at += 1;
    } else if (quote !== undefined) {
      const closes = quote === '(' ? char === ')' : char === quote;
      if (!closes || quote === '`' || quote === '(') word = (word ?? '') + char;
      if (closes) quote = undefined;
    } else if (char === "'" || char === '"' || char === '`') {
      quote = char;
      word = (word ?? '') + (char === '`' ? char : '');
    } else if (char === '(') {
      if (!(word ?? '').endsWith('$')) return undefined;
      quote = '(';
      word = `${word}(`;
    } else if (/[\s]/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (/[;&|<>]/.test(char)) {
      if (char === '>' && word !== undefined && /^\d/.test(word)) word = undefined;
      break;
    } else word = (word ?? '') + char;
  }
  if (quote !== undefined) return undefined;
  return word === undefined ? words : [...words, word];
}

/** The default project name: the folder's name, lower case, without what may not stand in a name. */
export function normalizeProjectName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^-_a-z0-9]/g, '')
    .replace(/^[_-]+/, '');
}
