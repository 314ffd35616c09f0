/** How a request ends. */
import type { EnrolmentRefusal, Identity, Pending } from '../../protocol/enrolment.ts';

export interface Refusal {
  readonly kind: 'refused';
  readonly code: EnrolmentRefusal;
  readonly message: string;
  readonly hint?: string;
  readonly retryAfterMs?: number;
}

export type Outcome =
  | { readonly kind: 'issued' | 'repeated' | 'replaced'; readonly identity: Identity }
  | { readonly kind: 'pending'; readonly pending: Pending }
  | Refusal;

export const newTokenHint = 'ask an operator for a new token (fairlead tokens create) and join again with it';

export function refused(
  code: EnrolmentRefusal,
  message: string,
  more: { readonly hint?: string; readonly retryAfterMs?: number } = {},
): Refusal {
  return { kind: 'refused', code, message, ...more };
}

/** What the authority says when it does not sign. */
export function notSigned(result: {
  readonly reason: 'bad-request' | 'weak-key' | 'wrong-identity' | 'busy';
  readonly sentence: string;
}): Refusal {
  switch (result.reason) {
    case 'bad-request':
      return refused('bad-csr', result.sentence);
    case 'busy':
      return refused('busy', result.sentence, { retryAfterMs: 5_000 });
    case 'weak-key':
    case 'wrong-identity':
      return refused(result.reason, result.sentence);
    default:
      return result.reason satisfies never;
  }
}
