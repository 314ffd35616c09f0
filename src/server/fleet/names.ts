/** Names that people type: unique among the agents that are not expired. */

/** What a name may look like (protocol/enrolment.ts says the same to agents); anything else becomes a dash. */
export function tidyName(suggested: string): string {
  const tidy = suggested
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 120)
    .replace(/-+$/, '');
  return tidy === '' ? 'agent' : tidy;
}

/** The name itself when it is free, else the first of `name-2`, `name-3`, … that is. */
export function freeName(suggested: string, taken: (name: string) => boolean): string {
  const name = tidyName(suggested);
  if (!taken(name)) return name;
  let number = 2;
  while (taken(`${name}-${number}`)) number += 1;
  return `${name}-${number}`;
}
