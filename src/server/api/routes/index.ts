/** All operations of the API, in the order in which the document lists them. */

import type { AuditTrail } from '../audit.ts';
import type { Route } from '../route.ts';
import type { ApiTokens } from '../tokens.ts';
import { accessRoutes } from './access.ts';
import { type AgentRouteParts, agentRoutes } from './agents.ts';
import { type AssignmentRouteParts, assignmentRoutes } from './assignments.ts';
import { configurationRoutes } from './configurations.ts';
import { type EnrolmentRouteParts, enrolmentRoutes } from './enrolment.ts';
import { type NetworkRouteParts, networkRoutes } from './network.ts';
import { rolloutRoutes } from './rollouts.ts';
import { type ServerRouteParts, serverRoutes } from './server.ts';
import { serviceRoutes } from './services.ts';

export interface RouteParts extends AgentRouteParts, AssignmentRouteParts, EnrolmentRouteParts, NetworkRouteParts, ServerRouteParts {
  readonly configurations: AssignmentRouteParts['configurations'];
  readonly authority: EnrolmentRouteParts['authority'];
  readonly services: Parameters<typeof serviceRoutes>[0]['services'];
  readonly apiTokens: ApiTokens;
  readonly audit: AuditTrail;
}

export function apiRoutes(parts: RouteParts): readonly Route[] {
  const all: readonly Route[] = [
    ...agentRoutes(parts),
    ...networkRoutes(parts),
    ...configurationRoutes(parts),
    ...assignmentRoutes(parts),
    ...rolloutRoutes(parts),
    ...serviceRoutes(parts),
    ...enrolmentRoutes(parts),
    ...accessRoutes({ tokens: parts.apiTokens, audit: parts.audit }),
    ...serverRoutes(parts, () => all),
  ];
  return all;
}

/** The same without a server: for the document, whose definitions are all that is looked at. A handler that is called throws. */
export function describedRoutes(version: string): readonly Route[] {
  const nothing: unknown = new Proxy(
    {},
    {
      get(_target, name) {
        throw new Error(`these routes only describe: there is no ${String(name)}`);
      },
    },
  );
  const parts = new Proxy({}, { get: (_target, name) => (name === 'version' ? version : nothing) });
  // Handlers, which alone look into the parts, are never called.
  return apiRoutes(parts as RouteParts);
}
