import type { Flag, FlagKind } from './flags.ts';
import type { Remarks } from './remarks.ts';
import type { Text } from './word.ts';

/** strconv.ParseBool. */
const TRUE = /^(?:1|t|T|TRUE|true|True)$/;
const FALSE = /^(?:0|f|F|FALSE|false|False)$/;

export function parseBoolean(text: string): boolean | undefined {
  if (TRUE.test(text)) return true;
  return FALSE.test(text) ? false : undefined;
}

const unitMs: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Go's time.ParseDuration, in milliseconds. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|0)$/.exec(text);
  if (match === null) return undefined;
  let total = 0;
  for (const [, number, unit] of (match[2] ?? '').matchAll(/(\d+\.?\d*|\.\d+)([a-zµμ]+)/g))
    total += Number(number) * (unitMs[unit ?? ''] ?? 0);
  return match[1] === '-' ? -total : total;
}

const sizeUnits = 'bkmgtp';

/** go-units RAMInBytes: binary units, `k`, `kb` and `kib` alike. */
export function parseSizeBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s?(?:([kKmMgGtTpP])?[iI]?[bB]?)$/.exec(text);
  if (match === null) return undefined;
  return Math.trunc(Number(match[1]) * 1024 ** Math.max(0, sizeUnits.indexOf((match[2] ?? 'b').toLowerCase())));
}

/** A rational as big.Rat reads it: `1.5`, `3/2`, `1e-1`. */
export function parseDecimal(text: string): number | undefined {
  const match = /^([+-]?\d*\.?\d*(?:[eE][+-]?\d+)?)(?:\/(\d+))?$/.exec(text);
  if (match === null || !/\d/.test(text)) return undefined;
  const value = Number(match[1]) / Number(match[2] ?? 1);
  return Number.isFinite(value) ? value : undefined;
}

export function parseInteger(text: string): number | undefined {
  return /^[+-]?(?:\d+|0x[\da-fA-F]+|0o?[0-7]+|0b[01]+)$/.test(text) ? Number(text.replace(/^\+/, '')) : undefined;
}

const expectations: Readonly<
  Record<FlagKind, { readonly what: string; readonly example: string; readonly accepts: (text: string) => boolean }>
> = {
  text: { what: 'a text', example: '', accepts: () => true },
  boolean: { what: 'true or false', example: 'true', accepts: (text) => text === '' || parseBoolean(text) !== undefined },
  integer: { what: 'a whole number', example: '3', accepts: (text) => parseInteger(text) !== undefined },
  unsigned: { what: 'a whole number from 0 on', example: '3', accepts: (text) => (parseInteger(text) ?? -1) >= 0 },
  size: { what: 'a size', example: '512m', accepts: (text) => parseSizeBytes(text) !== undefined },
  duration: { what: 'a duration with a unit', example: '30s', accepts: (text) => parseDurationMs(text) !== undefined },
  decimal: { what: 'a number', example: '1.5', accepts: (text) => parseDecimal(text) !== undefined },
};

/** Says why docker refuses a value; true when it takes it, or when it is not known. */
export function checkValue(flag: Flag, written: string, text: Text, remarks: Remarks): boolean {
  const { what, example, accepts } = expectations[flag.kind];
  if (!text.known || accepts(text.value)) return true;
  remarks.error(
    'docker-invalid-value',
    `${written} "${text.value}" is not ${what}`,
    `write for example ${written}${flag.kind === 'boolean' ? '=' : ' '}${example}`,
    text.origin,
  );
  return false;
}
