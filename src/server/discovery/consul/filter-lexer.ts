/** Words of a filter expression, with their places for error messages. */
export interface Word {
  readonly kind: 'name' | 'text' | 'sign' | 'end';
  readonly value: string;
  readonly at: number;
}

/** Names may hold dots and `["any key"]`, as in `Service.Meta["a.b"]`; texts are in "…" or `…`; the rest are signs. */
const pattern =
  /(?:(?<sign>==|!=|\(|\))|"(?<quoted>(?:[^"\\]|\\.)*)"|`(?<raw>[^`]*)`|(?<name>[\p{L}\p{N}_/:-][\p{L}\p{N}_/:.-]*(?:\["(?:[^"\\]|\\.)*"\])?))/uy;

export function words(text: string): readonly Word[] | { readonly problem: string } {
  const found: Word[] = [];
  const blank = (from: number): number => text.length - text.slice(from).trimStart().length;
  for (let at = blank(0); at < text.length; at = blank(pattern.lastIndex)) {
    pattern.lastIndex = at;
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) return { problem: `"${text.slice(at, at + 20).trim()}" is not understood at character ${at + 1}` };
    if (groups.sign !== undefined) found.push({ kind: 'sign', value: groups.sign, at });
    else if (groups.name !== undefined) found.push({ kind: 'name', value: groups.name, at });
    else found.push({ kind: 'text', value: groups.raw ?? (groups.quoted ?? '').replaceAll(/\\(.)/g, '$1'), at });
  }
  return [...found, { kind: 'end', value: '', at: text.length }];
}
