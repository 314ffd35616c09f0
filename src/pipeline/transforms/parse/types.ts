/** Texts that become numbers and booleans, where the settings name the field and the text is one. */
import type { FieldTable } from '../../json-bytes/field-table.ts';
import { fieldName } from '../../json-bytes/field-table.ts';

const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const zeros = /^(-?)0+(?=\d)/;

export function setTypes(types: Readonly<Record<string, 'number' | 'boolean'>>): (table: FieldTable) => void {
  const wanted = Object.entries(types).map(([text, type]) => ({ name: fieldName(text), type }));
  return (table) => {
    for (const { name, type } of wanted) {
      if (!table.find(name)) continue;
      const json = asJson(table.bytes.toString('latin1', table.start + 1, table.end - 1), type);
      if (json !== undefined) table.setJson(name, json);
    }
  };
}

/** Undefined: it stays a text. A number keeps its digits, all but zeros before the first. */
function asJson(text: string, type: 'number' | 'boolean'): string | undefined {
  if (type === 'boolean') return /^(?:true|false)$/i.test(text) ? text.toLowerCase() : undefined;
  const trimmed = text.replace(/^\+/, '').replace(zeros, '$1');
  return jsonNumber.test(trimmed) ? trimmed : undefined;
}
