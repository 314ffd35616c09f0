/** What the server has to hear, when it has `before`. Pure. */
import type { ServiceReport, ServicesReport } from '../../protocol/services.ts';

/** `before` undefined: it knows nothing. Undefined: it knows everything already. Only the output of a check is no news. */
export function servicesDifference(
  before: readonly ServiceReport[] | undefined,
  now: readonly ServiceReport[],
): ServicesReport | undefined {
  if (before === undefined) return { full: true, services: [...now], removed: [] };
  const known = new Map(before.map((service) => [service.id, news(service)]));
  const services = now.filter((service) => known.get(service.id) !== news(service));
  const ids = new Set(now.map(({ id }) => id));
  const removed = before.map(({ id }) => id).filter((id) => !ids.has(id));
  return services.length === 0 && removed.length === 0 ? undefined : { full: false, services, removed };
}

function news({ check, ...rest }: ServiceReport): string {
  return JSON.stringify([rest, check.status]);
}
