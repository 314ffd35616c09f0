/** Everything that our log can say. */
import { agentEvents } from './agent.ts';
import { apiEvents } from './api.ts';
import { caEvents } from './ca.ts';
import { configurationsEvents } from './configurations.ts';
import { containersEvents } from './containers.ts';
import { discoveryEvents } from './discovery.ts';
import { enrolmentEvents } from './enrolment.ts';
import { fleetEvents } from './fleet.ts';
import { kafkaEvents } from './kafka.ts';
import { opampEvents } from './opamp.ts';
import { pipelineEvents } from './pipeline.ts';
import { protocolEvents } from './protocol.ts';
import { serverEvents } from './server.ts';
import { sinksEvents } from './sinks.ts';
import { sourceFileEvents } from './source-file.ts';
import { sourcesEvents } from './sources.ts';
import { spoolEvents } from './spool.ts';
import { storeEvents } from './store.ts';
import { transformsEvents } from './transforms.ts';

export const events = {
  ...protocolEvents,
  ...opampEvents,
  ...fleetEvents,
  ...caEvents,
  ...enrolmentEvents,
  ...storeEvents,
  ...configurationsEvents,
  ...discoveryEvents,
  ...apiEvents,
  ...serverEvents,
  ...agentEvents,
  ...kafkaEvents,
  ...pipelineEvents,
  ...sinksEvents,
  ...sourceFileEvents,
  ...sourcesEvents,
  ...spoolEvents,
  ...containersEvents,
  ...transformsEvents,
} as const;

export type EventName = keyof typeof events;
