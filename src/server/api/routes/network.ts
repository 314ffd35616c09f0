/** What the agents report of their networks: the live model, and the outages of links. */
import { setImmediate } from 'node:timers/promises';
import * as z from 'zod';
import { hostReport } from '../../../protocol/host-report.ts';
import { outage } from '../../../protocol/outages.ts';
import type { AgentLive } from '../../fleet/agent.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import type { OutageJournal } from '../../fleet/outages.ts';
import type { ReportedHost } from '../../network/live-network.ts';
import { liveNetwork } from '../../network/live-network.ts';
import type { Route } from '../route.ts';
import { route } from '../route.ts';
import { agentKey, findAgent, isoTime, noAgent, time } from './shapes.ts';

const outageAnswer = z.object({
  id: z.string(),
  link: z.string(),
  to: z.string(),
  plane: z.string(),
  from: time,
  end: time.optional().describe('absent while it lasts'),
  durationMs: z.number(),
  how: z.string().optional(),
  attempts: z.int(),
  lastError: z.string(),
  cause: z.unknown().optional().describe('why, once the agent has found out'),
});

export interface NetworkRouteParts {
  readonly fleet: Fleet;
  readonly outages: OutageJournal;
}

export function networkRoutes({ fleet, outages }: NetworkRouteParts): readonly Route[] {
  return [
    route(
      {
        method: 'GET',
        path: '/v1/network',
        id: 'getNetwork',
        tag: 'network',
        summary:
          'the live network in the model of the doctor: namespaces, networks, listeners and links of every agent that reported its host',
        role: 'reader',
        answer: z.object({ model: z.unknown() }),
      },
      async () => {
        // Each report is unpacked and checked: between some of them, agents get their turn.
        const hosts: ReportedHost[] = [];
        let count = 0;
        for (const live of [...fleet.all()]) {
          hosts.push(...reported(live));
          count += 1;
          if (count % 50 === 0) await setImmediate();
        }
        return { model: liveNetwork(hosts) };
      },
    ),
    route(
      {
        method: 'GET',
        path: '/v1/agents/{agent}/outages',
        id: 'listOutages',
        tag: 'network',
        summary: 'outages of links that an agent recorded, the newest first',
        role: 'reader',
        params: agentKey,
        query: z.strictObject({ limit: z.coerce.number().int().min(1).max(500).default(100) }),
        answer: z.object({ outages: z.array(outageAnswer) }),
      },
      async ({ params, query }) => {
        const live = findAgent(fleet, params.agent);
        if (live === undefined) return noAgent(params.agent);
        const stored = await outages.list(live.record.uid, query.limit);
        return { outages: stored.map(outageView) };
      },
    ),
  ];
}

/** The fleet keeps a report as it came, checked when it came. */
function reported({ record, hostReport: report }: AgentLive): readonly ReportedHost[] {
  const parsed = report === undefined ? undefined : hostReport.safeParse(report);
  return parsed?.success ? [{ uid: record.uid, name: record.name, report: parsed.data }] : [];
}

function outageView(stored: unknown) {
  const { fromMs, toMs, id, link, to, plane, durationMs, how, attempts, lastError, cause } = outage.parse(stored);
  return {
    id,
    link,
    to,
    plane,
    from: isoTime(fromMs),
    ...(toMs === undefined ? {} : { end: isoTime(toMs) }),
    durationMs,
    ...(how === undefined ? {} : { how }),
    attempts,
    lastError,
    ...(cause === undefined ? {} : { cause }),
  };
}
