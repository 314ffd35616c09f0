/** Writing another host or port into what a link dials, where it was written. */
import type { FileOrigin, Origin } from '../../core/origin.ts';
import type { Link } from '../../network/model.ts';
import type { Change, RuleContext } from '../rule.ts';

export interface Redialled {
  readonly changes: readonly Change[];
  /** The new text of the setting: `http://prometheus:9090/api/v1/write`. */
  readonly text: string;
  /** False when a text that is computed (interpolation, escapes) has to be replaced by a fixed one: somebody may rely on it. */
  readonly literal: boolean;
}

/** Undefined where the text is in no place that an edit can reach. */
export function redial(context: RuleContext, link: Link, to: { readonly host?: string; readonly port?: number }): Redialled | undefined {
  const host = to.host === link.host ? undefined : to.host;
  const port = to.port === link.port ? undefined : to.port;
  const text = rewritten(link, host, port);
  if (host === undefined && port === undefined) return undefined;
  const changes = inPlace(link, host, port) ?? wholeValue(link, text);
  if (changes !== undefined) return { changes, text, literal: true };
  const variable = context.lookup.workload.get(link.workloadId)?.environment.find(({ name }) => name === link.setting);
  if (variable?.value === undefined || !variable.value.includes(link.raw)) return undefined;
  const value = variable.value.replace(link.raw, () => text);
  return { changes: [{ kind: 'set-environment', workloadId: link.workloadId, name: variable.name, value }], text, literal: false };
}

const editable = (origin: Origin | undefined): FileOrigin | undefined => (origin?.kind === 'file' && origin.exact ? origin : undefined);

const lengthOf = (origin: FileOrigin): number => origin.span.end - origin.span.start;

/** Just the host and just the port, each where it stands. */
function inPlace(link: Link, host: string | undefined, port: number | undefined): readonly Change[] | undefined {
  const hostPlace = editable(link.hostOrigin);
  const portPlace = editable(link.portOrigin);
  const changes: Change[] = [];
  if (host !== undefined) {
    if (hostPlace === undefined || link.host === undefined || lengthOf(hostPlace) !== link.host.length) return undefined;
    const withPort = port !== undefined && portPlace === undefined && hostEndsText(link) ? `${host}:${port}` : host;
    // The brackets of an IPv6 literal go with it.
    const place = link.raw.includes(`[${link.host}]`) && !host.includes(':') ? widened(hostPlace) : hostPlace;
    changes.push({ kind: 'replace', origin: place, text: withPort });
    if (withPort !== host) return changes;
  }
  if (port !== undefined) {
    if (portPlace === undefined || lengthOf(portPlace) !== String(link.port).length) return undefined;
    changes.push({ kind: 'replace', origin: portPlace, text: String(port) });
  }
  return changes;
}

function widened(origin: FileOrigin): FileOrigin {
  const { span } = origin;
  return { ...origin, span: { ...span, start: span.start - 1, end: span.end + 1, column: span.column - 1, endColumn: span.endColumn + 1 } };
}

/** The port is a default that is not written: it would stand right behind the host. */
function hostEndsText(link: Link): boolean {
  return link.host !== undefined && !new RegExp(`${escaped(link.host)}:\\d`, 'i').test(link.raw);
}

function wholeValue(link: Link, text: string): readonly Change[] | undefined {
  const place = editable(link.origin);
  // A password is masked in `raw`: what is written back must not be the mask.
  if (link.raw.includes('***')) return undefined;
  return place !== undefined && lengthOf(place) === link.raw.length ? [{ kind: 'replace', origin: place, text }] : undefined;
}

/** The text with another host and port; a port that was left to its default is written out. */
export function rewritten(link: Link, host: string | undefined, port: number | undefined): string {
  if (link.host === undefined) return link.raw;
  const written = link.host.includes(':') ? `[${link.host}]` : link.host;
  const bracketed = host?.includes(':') === true ? `[${host}]` : (host ?? written);
  // Behind the scheme and the user information, so that `redis://redis@localhost` is not changed at its user.
  const pattern = new RegExp(`^((?:[\\w+.-]+:)*(?://)?(?:[^/@]*@)?)${escaped(written)}(?::(\\d+))?`, 'i');
  if (!pattern.test(link.raw)) return link.raw.replace(written, bracketed);
  return link.raw.replace(pattern, (_, before: string, digits: string | undefined) => {
    const shown = port ?? digits;
    return `${before}${bracketed}${shown === undefined ? '' : `:${shown}`}`;
  });
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
