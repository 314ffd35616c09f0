import type { Text } from './word.ts';

/** Docker takes a value for the long form when it holds `a=b` anywhere (docker/cli opts, an unanchored pattern). */
export function isCsvKeyValue(text: string): boolean {
  return /\w=\w/.test(text);
}

/** The fields of one CSV record (RFC 4180, as `--mount` and `--network` use it); a quoted field loses its quotes. */
function csvFields(text: Text): readonly Text[] {
  const { value } = text;
  if (!value.includes('"')) return text.split(',');
  const fields: Text[] = [];
  let at = 0;
  while (at <= value.length) {
    const quoted = value[at] === '"';
    const close = quoted ? value.indexOf('"', at + 1) : value.indexOf(',', at);
    const end = close === -1 ? value.length : close;
    fields.push(text.slice(quoted ? at + 1 : at, end));
    if (close === -1) break;
    const comma = quoted ? value.indexOf(',', end) : end;
    if (comma === -1) break;
    at = comma + 1;
  }
  return fields;
}

export interface Field {
  readonly key: string;
  readonly value: Text | undefined;
  readonly text: Text;
}

export function keyValues(text: Text): readonly Field[] {
  return csvFields(text).map((field) => {
    const { before, after } = field.cut('=');
    return { key: before.value.trim().toLowerCase(), value: after, text: field };
  });
}
