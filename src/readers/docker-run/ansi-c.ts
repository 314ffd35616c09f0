const single: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', e: '\x1b', E: '\x1b', f: '\f', v: '\v' };

/** The value of what stands between `$'` and `'` (bash manual, 3.1.2.4). */
export function decodeAnsiC(text: string): string {
  return text.replaceAll(/\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})|c(.)|(.))/gs, decodeEscape);
}

function decodeEscape(whole: string, ...groups: readonly (string | undefined)[]): string {
  const [hex, short, long, octal, control, char] = groups;
  const code = hex ?? short ?? long;
  if (code !== undefined) return codePoint(Number.parseInt(code, 16), whole);
  if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
  if (control !== undefined) return String.fromCharCode(control.charCodeAt(0) & 0x1f);
  if (char === undefined) return whole;
  return single[char] ?? ('\\\'"?'.includes(char) ? char : whole);
}

function codePoint(value: number, otherwise: string): string {
  return value <= 0x10ffff ? String.fromCodePoint(value) : otherwise;
}
