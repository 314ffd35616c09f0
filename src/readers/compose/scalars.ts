/**
 * Plain scalars as Compose's YAML library resolves them: YAML 1.2, but octal `0777`, `0b1` and `1_000` of 1.1 are
 * numbers, `yes` and `22:22` are strings (no sexagesimal numbers), and dates stay what they are.
 */
export type Resolved = { readonly value: string | number | boolean | null; readonly text: string };

const words: ReadonlyMap<string, boolean | null | number> = new Map<string, boolean | null | number>([
  ['', null],
  ['~', null],
  ['null', null],
  ['Null', null],
  ['NULL', null],
  ['true', true],
  ['True', true],
  ['TRUE', true],
  ['false', false],
  ['False', false],
  ['FALSE', false],
]);

const decimal = /^[-+]?(?:0|[1-9][0-9_]*)$/;
const otherBase = /^[-+]?0(?:x[0-9a-fA-F_]+|b[01_]+|o[0-7_]+|[0-7_]+)$/i;
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;

export function resolvePlain(text: string): Resolved {
  const word = words.get(text);
  if (word !== undefined) return { value: word, text: word === null ? '' : String(word) };
  const first = text.charCodeAt(0);
  // Digits, sign or dot: only these begin a number.
  if (!((first >= 48 && first <= 57) || first === 43 || first === 45 || first === 46)) return { value: text, text };
  return resolveNumber(text) ?? { value: text, text };
}

function resolveNumber(text: string): Resolved | undefined {
  const digits = text.replaceAll('_', '');
  if (decimal.test(text)) return integer(BigInt(digits.replace(/^\+/, '')));
  if (otherBase.test(text)) {
    const negative = digits.startsWith('-');
    const body = digits.replace(/^[-+]/, '').toLowerCase();
    const magnitude = BigInt(/^0[xbo]/.test(body) ? body : `0o${body}`);
    return integer(negative ? -magnitude : magnitude);
  }
  if (!float.test(text)) return undefined;
  const value = Number(text);
  return { value, text: formatFloat(value) };
}

const integer = (exact: bigint): Resolved => ({ value: Number(exact), text: exact.toString() });

/** As Go prints a float64: exponents have two digits and begin at 1e+21 and 1e-05. */
function formatFloat(value: number): string {
  if (value !== 0 && Math.abs(value) < 1e-4) {
    const [mantissa = '', exponent = ''] = value.toExponential().split('e');
    return `${mantissa}e-${exponent.slice(1).padStart(2, '0')}`;
  }
  return String(value);
}
