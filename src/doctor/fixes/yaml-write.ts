/** Small values as YAML text, in block or flow style. */
import { Raw, type YamlFile, type YamlValue } from './yaml-file.ts';

/**
 * Plain scalars that YAML 1.1 or 1.2 readers take for something else than text, or that would end early. Compose reads
 * `22:22` as base 60 in old parsers, so whatever is digits and colons is quoted.
 */
const needsQuotes = (text: string): boolean =>
  text === '' ||
  /^[\s>|@`"'%&*!?#[\]{},~-]/.test(text) ||
  /[\s:]$|: | #|[\n\r\t]/.test(text) ||
  /^(?:true|false|yes|no|on|off|y|n|null|~)$/i.test(text) ||
  /^[-+.\d][\d_.:eExXa-fA-F+-]*$/.test(text);

export function scalarText(value: string | number | boolean | null, flow = false): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  return needsQuotes(value) || (flow && /[[\]{},]/.test(value)) ? JSON.stringify(value) : value;
}

type YamlMapValue = { readonly [key: string]: YamlValue };

const isList = (value: YamlValue): value is readonly YamlValue[] => Array.isArray(value);
const isMapValue = (value: YamlValue): value is YamlMapValue =>
  typeof value === 'object' && value !== null && !isList(value) && !(value instanceof Raw);

export function flowText(value: YamlValue): string {
  if (value instanceof Raw) return value.text;
  if (value === null) return 'null';
  if (isMapValue(value) && Object.keys(value).length === 0) return '{}';
  if (isList(value)) return `[${value.map(flowText).join(', ')}]`;
  if (isMapValue(value))
    return `{ ${Object.entries(value)
      .map(([key, item]) => `${scalarText(key, true)}: ${flowText(item)}`)
      .join(', ')} }`;
  return scalarText(value, true);
}

/** `key: value` as lines without the indentation of the surroundings. */
export function entryLines(file: YamlFile, key: string, value: YamlValue): string[] {
  const name = scalarText(key);
  if (isList(value) && value.length > 0)
    return [
      `${name}:`,
      ...indented(
        file.listStep,
        value.flatMap((item) => itemLines(file, item)),
      ),
    ];
  if (isMapValue(value) && Object.keys(value).length > 0)
    return [
      `${name}:`,
      ...indented(
        file.step,
        Object.entries(value).flatMap(([inner, item]) => entryLines(file, inner, item)),
      ),
    ];
  if (isList(value)) return [`${name}: []`];
  if (isMapValue(value)) return [`${name}: {}`];
  const text = value instanceof Raw ? value.text : scalarText(value);
  return [text === '' ? `${name}:` : `${name}: ${text}`];
}

/** `- value` as lines. */
export function itemLines(file: YamlFile, value: YamlValue): string[] {
  if (isMapValue(value) && Object.keys(value).length > 0) {
    const [first = '', ...rest] = Object.entries(value).flatMap(([key, item]) => entryLines(file, key, item));
    return [`- ${first}`, ...indented(2, rest)];
  }
  if (isList(value) || isMapValue(value)) return [`- ${flowText(value)}`];
  return [`- ${value instanceof Raw ? value.text : scalarText(value)}`];
}

function indented(columns: number, lines: readonly string[]): string[] {
  return lines.map((line) => ' '.repeat(columns) + line);
}
