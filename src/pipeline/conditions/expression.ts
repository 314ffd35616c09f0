/** What a condition says, once it was read. */

/** What is looked at: a field of the record, its bytes as a whole, or a label of the stream that it came from. */
export type Operand =
  | { readonly kind: 'field'; readonly path: readonly [string, ...string[]] }
  | { readonly kind: 'record' }
  | { readonly kind: 'label'; readonly name: string };

export type Literal = string | number | boolean | null;
export const orders = ['<', '<=', '>', '>='] as const;
export type Order = (typeof orders)[number];
export const textOperators = ['contains', 'startsWith', 'endsWith'] as const;
export type TextOperator = (typeof textOperators)[number];

export type Expression =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  | { readonly kind: 'not'; readonly part: Expression }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'exists'; readonly operand: Operand }
  | { readonly kind: 'in'; readonly operand: Operand; readonly values: readonly Literal[] }
  | { readonly kind: 'order'; readonly operand: Operand; readonly order: Order; readonly number: number }
  | { readonly kind: 'text'; readonly operand: Operand; readonly operator: TextOperator; readonly text: string }
  | { readonly kind: 'matches'; readonly operand: Operand; readonly pattern: RegExp };
