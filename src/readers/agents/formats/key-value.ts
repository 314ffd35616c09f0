import type { ConfigText } from '../parse/mounted.ts';
import type { Value } from '../parse/value.ts';
import { linesOf } from './lines.ts';

/** Reads `Key=Value` or `Key Value` lines; `#` starts a comment line. Later lines come later in each list. */
export function readKeyValue(config: ConfigText, separator: 'equals' | 'space'): ReadonlyMap<string, readonly Value[]> {
  const pattern = separator === 'equals' ? /^\s*([\w.-]+)\s*=\s*(.*?)\s*$/ : /^\s*([\w.-]+)\s+(.*?)\s*$/;
  const found = new Map<string, Value[]>();
  for (const line of linesOf(config.text)) {
    const match = /^\s*[#;]/.test(line.text) ? null : pattern.exec(line.text);
    if (match === null) continue;
    const [, key = '', value = ''] = match;
    const from = line.start + line.text.trimEnd().length - value.length;
    const unquoted = /^"([^"]*)"$/.exec(value)?.[1];
    const start = unquoted === undefined ? from : from + 1;
    const text = unquoted ?? value;
    found.set(key, [...(found.get(key) ?? []), { text, origin: config.at(start, start + text.length, true) }]);
  }
  return found;
}
