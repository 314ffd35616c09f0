/** What the control link leads to, as text and as a link of the host report. Pure. */
import type { HostLink } from '../../protocol/host-report.ts';
import type { ConnectionState } from '../connection/connection.ts';
import { redactText } from '../remote/redact.ts';

/** The way to the server as it is written, for the outage journal: it may be several servers, or a name that leads to them. */
export function serverText(server: unknown): string {
  const { endpoints, dns, consul, registry, enrolment } = objectOf(server);
  if (Array.isArray(endpoints) && endpoints.length > 0) return listed(endpoints);
  for (const [way, found] of Object.entries({ dns, consul, registry })) {
    const { name, service, url } = objectOf(found);
    if (found !== undefined) return `${way} ${String(name ?? service ?? url ?? '')}`.trim();
  }
  // Where it enrols tells it where its servers are.
  return Array.isArray(enrolment) && enrolment.length > 0 ? listed(enrolment) : 'server';
}

/** The control link as the host report has it: its target is whichever server was found. */
export function controlLink(state: ConnectionState | undefined): HostLink {
  const common = { name: 'control', transport: 'tcp', plane: 'control', purpose: 'reports to' } as const;
  if (state?.kind !== 'connected') return { ...common, state: state?.kind === 'waiting' ? 'down' : 'unknown' };
  const url = URL.parse(state.server);
  if (url === null) return { ...common, state: 'up' };
  const secure = url.protocol === 'wss:' || url.protocol === 'https:';
  return { ...common, host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) || (secure ? 443 : 80), state: 'up' };
}

function listed(urls: readonly unknown[]): string {
  return redactText(urls.map(String).join(', ')).slice(0, 2_048);
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
