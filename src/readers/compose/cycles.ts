import type { MapNode, Place } from './node.ts';
import { entriesAt } from './node.ts';
import type { Problems } from './problems.ts';
import { report } from './problems.ts';

/** Services that wait for each other in a circle never start; the first circle found is named whole. */
export function reportCycle(root: MapNode, problems: Problems): void {
  const services = entriesAt(root, 'services');
  const finished = new Set<string>();
  for (const start of services.keys()) {
    const cycle = findCycle(start, services, finished);
    if (cycle === undefined) continue;
    const message = `services wait for each other in a circle: ${cycle.names.join(' → ')}`;
    report(problems, cycle.place, {
      code: 'compose-dependency-cycle',
      message,
      hint: 'take one depends_on, link or namespace out of the circle',
    });
    return;
  }
}

/** Depth first without recursion: a chain may be as long as there are services. */
function findCycle(
  start: string,
  services: MapNode['entries'],
  finished: Set<string>,
): { readonly names: readonly string[]; readonly place: Place } | undefined {
  const targetsOf = (name: string) => [...entriesAt(services.get(name)?.value, 'depends_on')];
  const path: { readonly name: string; readonly left: ReturnType<typeof targetsOf> }[] = [];
  const onPath = new Set<string>();
  const enter = (name: string) => {
    path.push({ name, left: targetsOf(name) });
    onPath.add(name);
  };
  if (!finished.has(start)) enter(start);
  for (let here = path.at(-1); here !== undefined; here = path.at(-1)) {
    const next = here.left.pop();
    if (next === undefined) {
      finished.add(here.name);
      onPath.delete(here.name);
      path.pop();
    } else if (onPath.has(next[0])) {
      const names = path.map((step) => step.name);
      return { names: [...names.slice(names.indexOf(next[0])), next[0]], place: next[1].key };
    } else if (!finished.has(next[0]) && services.has(next[0])) enter(next[0]);
  }
  return undefined;
}
