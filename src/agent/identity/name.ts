/** What people call this agent. */
import { hostname } from 'node:os';
import { agentName } from '../../protocol/enrolment.ts';
import type { IdentitySettings } from '../settings/identity.ts';

/** The host's name is taken as far as it is a name: some hosts have a space or nothing at all in it. */
export function agentNameOf(identity: Pick<IdentitySettings, 'name'>, host = hostname()): string {
  const tidy = host
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 127);
  return identity.name ?? (agentName.test(tidy) ? tidy : 'agent');
}
