/** Colour, width and safe text of a terminal. */

export type Paint = (text: string) => string;

export interface Style {
  readonly error: Paint;
  readonly warning: Paint;
  readonly info: Paint;
  readonly good: Paint;
  /** Lines that a fix takes away. */
  readonly bad: Paint;
  readonly strong: Paint;
  readonly faint: Paint;
  /** Gutters, line numbers, secondary labels. */
  readonly frame: Paint;
  /** Columns of the terminal; undefined when piped: then nothing is wrapped or cut. */
  readonly width: number | undefined;
}

const plain: Paint = (text) => text;
const sgr =
  (...codes: readonly number[]): Paint =>
  (text) =>
    text === '' ? '' : `\u001b[${codes.join(';')}m${text}\u001b[0m`;

export function styleFor(options: { readonly colour: boolean; readonly width: number | undefined }): Style {
  const paint = (...codes: readonly number[]): Paint => (options.colour ? sgr(...codes) : plain);
  return {
    error: paint(1, 31),
    warning: paint(1, 33),
    info: paint(1, 36),
    good: paint(32),
    bad: paint(31),
    strong: paint(1),
    faint: paint(2),
    frame: paint(94),
    width: options.width,
  };
}

/** Text of users' files must not steer the terminal: control characters are shown, not sent. Tabs become four spaces. */
export function clean(text: string): string {
  return text.replaceAll('\t', '    ').replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff]/g, (char) => {
    const code = char.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd';
  });
}

/** Columns that a text takes: East Asian wide characters and emoji take two, combining marks none. */
export function columns(text: string): number {
  if (/^[\u0020-\u007e]*$/.test(text)) return text.length;
  let sum = 0;
  for (const char of text) sum += widthOf(char);
  return sum;
}

function widthOf(char: string): number {
  if (/^[\p{Mn}\p{Me}\p{Cf}]$/u.test(char)) return 0;
  return /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]$/u.test(
    char,
  )
    ? 2
    : 1;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - columns(text)));
}

/** Breaks at spaces so that no line passes `width`; words longer than that stay whole (paths, URLs). */
export function wrap(text: string, width: number | undefined, indent: string, firstColumn = columns(indent)): string {
  if (width === undefined) return text;
  const lines: string[] = [];
  let line = '';
  let room = Math.max(20, width - firstColumn);
  for (const word of text.split(' ')) {
    if (line !== '' && columns(line) + 1 + columns(word) > room) {
      lines.push(line);
      line = word;
      room = Math.max(20, width - columns(indent));
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${indent}`);
}
