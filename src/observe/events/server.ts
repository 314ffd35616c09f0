/** Events of the server as a whole. */
import type { EventTable } from './event.ts';

export const serverEvents = {
  'server.started': {
    level: 'info',
    sentence:
      'server {name} is ready: agents {agents}, enrolment {enrolment}, API {api}, discovery {discovery}, DNS {dns}, health {health}',
  },
  'server.stopping': { level: 'info', sentence: 'server {name} is stopping' },
  'server.stopped': { level: 'info', sentence: 'server {name} has stopped; everything that was acknowledged is stored' },
  'server.spans-lost': { level: 'warn', sentence: '{count} spans were not delivered: {reason}' },
} as const satisfies EventTable;
