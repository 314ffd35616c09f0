/** The order in which the targets of SRV records are tried: RFC 2782, "Usage rules". */

export interface SrvRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** Lowest priority first; among equals a weighted draw, so that each comes first in proportion to its weight. */
export function srvOrder(records: readonly SrvRecord[], random: () => number): readonly SrvRecord[] {
  // A single "." says that the service is decidedly not there.
  const usable = records.filter((record) => record.name !== '' && record.name !== '.');
  const priorities = [...new Set(usable.map((record) => record.priority))].sort((a, b) => a - b);
  return priorities.flatMap((priority) =>
    drawn(
      usable.filter((record) => record.priority === priority),
      random,
    ),
  );
}

/** Those of weight 0 go first into the running sum, so that they are drawn rarely, but not never. */
function drawn(records: readonly SrvRecord[], random: () => number): SrvRecord[] {
  const left = [...records].sort((a, b) => a.weight - b.weight);
  const result: SrvRecord[] = [];
  while (left.length > 0) {
    const total = left.reduce((sum, record) => sum + record.weight, 0);
    const mark = Math.floor(random() * (total + 1));
    let sum = 0;
    const index = left.findIndex((record) => {
      sum += record.weight;
      return sum >= mark;
    });
    result.push(...left.splice(Math.max(0, index), 1));
  }
  return result;
}
