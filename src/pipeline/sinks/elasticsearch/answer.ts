/** What was said about each record of a bulk request. */
import { type HttpResult, httpOutcome } from '../../sending/http-client.ts';
import type { Outcome, RefusedRecord } from '../../sending/outcome.ts';

/** 200 is said whatever became of the records: each has a status of its own. */
export function bulkOutcome(result: HttpResult, count: number, nowMs: number): Outcome {
  if ('unreachable' in result || result.status !== 200) return httpOutcome(result, nowMs);
  const body = result.body.toString();
  if (/^\s*\{[^{}[\]]*"errors"\s*:\s*false/.test(body)) return { kind: 'delivered' };
  const items = itemsOf(body);
  if (items === undefined) return { kind: 'busy', reason: 'the answer to a bulk request cannot be read' };
  if (items.length !== count) return { kind: 'busy', reason: `the answer to a bulk request of ${count} records speaks of ${items.length}` };
  return fold(items);
}

interface Item {
  readonly status: number;
  readonly reason: string;
}

function fold(items: readonly Item[]): Outcome {
  const refused: RefusedRecord[] = [];
  const again: number[] = [];
  let waiting = '';
  for (const [record, { status, reason }] of items.entries()) {
    // 409: it is there already, from an attempt whose answer was lost.
    if ((status >= 200 && status < 300) || status === 409) continue;
    if (status === 429 || status >= 500) {
      again.push(record);
      waiting = reason;
    } else if (status === 401 || status === 403) return { kind: 'denied', reason };
    else refused.push({ record, reason });
  }
  if (refused.length === 0 && again.length === 0) return { kind: 'delivered' };
  if (again.length === items.length) return { kind: 'busy', reason: waiting };
  return { kind: 'partly', refused, again, reason: waiting === '' ? (refused[0]?.reason ?? '') : waiting };
}

function itemsOf(body: string): readonly Item[] | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (!isObject(value) || !Array.isArray(value.items)) return undefined;
    return value.items.map((item: unknown) => itemOf(isObject(item) ? Object.values(item)[0] : undefined));
  } catch {
    return undefined;
  }
}

function itemOf(said: unknown): Item {
  if (!isObject(said) || typeof said.status !== 'number') return { status: 500, reason: 'no status was given' };
  const { status, error } = said;
  if (!isObject(error)) return { status, reason: `HTTP ${status}${error === undefined ? '' : `: ${String(error)}`}` };
  const cause = isObject(error.caused_by) && error.caused_by.reason !== undefined ? ` (${String(error.caused_by.reason)})` : '';
  return { status, reason: `HTTP ${status}: ${String(error.type)}: ${String(error.reason)}${cause}`.slice(0, 500) };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;
