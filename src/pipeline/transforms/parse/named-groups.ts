/** What is wrong with a pattern whose named groups are to become fields. */
export function namedGroups(pattern: string | undefined): string | undefined {
  if (pattern === undefined) return 'format regex needs a pattern';
  try {
    new RegExp(pattern);
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
  return /\(\?<[A-Za-z_$]/.test(pattern)
    ? undefined
    : 'no group of the pattern has a name: write (?<status>\\d+) where a field is to be made';
}
