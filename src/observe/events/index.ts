/** Everything that our log can say. */
import { agentEvents } from './agent.ts';
import { apiEvents } from './api.ts';
import { caEvents } from './ca.ts';
import { configurationsEvents } from './configurations.ts';
import { discoveryEvents } from './discovery.ts';
import { enrolmentEvents } from './enrolment.ts';
import { fleetEvents } from './fleet.ts';
import { opampEvents } from './opamp.ts';
import { protocolEvents } from './protocol.ts';
import { serverEvents } from './server.ts';
import { storeEvents } from './store.ts';

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
} as const;

export type EventName = keyof typeof events;
