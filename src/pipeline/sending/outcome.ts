/** How an attempt to deliver ended, and what follows from it. */
export type Outcome =
  | { readonly kind: 'delivered' }
  /** No answer: refused, reset, timed out, no name, no local address. Tried again within 1.5 s, by one request at a time. */
  | { readonly kind: 'unreachable'; readonly reason: string }
  /** The receiver is there and asks for less, or has trouble of its own. */
  | { readonly kind: 'busy'; readonly reason: string; readonly askedMs?: number }
  /** The receiver is there and lets nobody like us in: wrong password, path or method. Whoever mends it may take long; no record is to blame. */
  | { readonly kind: 'denied'; readonly reason: string }
  /** Something in this request will never be taken. It is sent in halves, until what is refused is alone. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Most was taken: some records (numbers within the request) will never be, some are to be sent again. */
  | { readonly kind: 'partly'; readonly refused: readonly RefusedRecord[]; readonly again: readonly number[]; readonly reason: string };

export interface RefusedRecord {
  readonly record: number;
  readonly reason: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** As much of it as was asked for. */
  readonly body: Buffer;
}

/** What an HTTP status says about a request (RFC 9110 section 15), where the protocol above it says nothing else. */
export function outcomeOf(answer: HttpAnswer, nowMs: number): Outcome {
  const { status } = answer;
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const reason = reasonOf(answer);
  const askedMs = retryAfterMs(answer.headers['retry-after'], nowMs);
  const busy: Outcome = { kind: 'busy', reason, ...(askedMs === undefined ? {} : { askedMs }) };
  switch (status) {
    case 400:
    case 413:
    case 422:
      return { kind: 'refused', reason };
    case 502:
    case 504: // a proxy says that what is behind it cannot be reached
      return askedMs === undefined ? { kind: 'unreachable', reason } : busy;
    case 408:
    case 425:
    case 429:
      return busy;
    default:
      return status >= 500 && status !== 501 && status !== 505 ? busy : { kind: 'denied', reason };
  }
}

/** RFC 9110 section 10.2.3: seconds or a date. Undefined for what is neither. */
export function retryAfterMs(header: string | readonly string[] | undefined, nowMs: number): number | undefined {
  const text = typeof header === 'string' ? header.trim() : header?.[0]?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Number(text) * 1_000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

const reasonLength = 300;

/** The status and the first line of what was said with it, so that a person can act upon it. */
export function reasonOf({ status, body }: HttpAnswer): string {
  const said = body
    .toString('utf8', 0, 4 * reasonLength)
    .split(/[\r\n]/)
    .find((line) => line.trim() !== '');
  const text = said
    ?.replaceAll(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, reasonLength);
  return text === undefined || text === '' ? `HTTP ${status}` : `HTTP ${status}: ${text}`;
}
