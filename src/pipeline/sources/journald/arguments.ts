/** What journalctl is asked for. */
import type { JournaldSettings } from './settings.ts';

export interface From {
  /** Behind this entry. */
  readonly cursor?: string | undefined;
  /** Milliseconds since 1970; 0: the oldest entry. Only without a cursor. */
  readonly sinceMs: number;
}

export function journalctlArguments(settings: JournaldSettings, { cursor, sinceMs }: From): readonly string[] {
  const { units, identifiers, priority, matches, directory } = settings;
  return [
    ...['--follow', '--no-tail', '--output=export', '--no-pager', '--quiet', `--priority=${priority}`],
    ...units.map((unit) => `--unit=${unit}`),
    ...identifiers.map((identifier) => `--identifier=${identifier}`),
    ...(directory === undefined ? [] : [`--directory=${directory}`]),
    ...(cursor !== undefined ? [`--after-cursor=${cursor}`] : sinceMs > 0 ? [`--since=@${(sinceMs / 1000).toFixed(6)}`] : []),
    ...matches,
  ];
}
