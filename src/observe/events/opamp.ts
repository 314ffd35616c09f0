/** Events of the opamp. */
import type { EventTable } from './event.ts';

export const opampEvents = {
  'opamp.listening': { level: 'info', sentence: 'agents connect to {address}' },
  'opamp.refused': { level: 'warn', sentence: 'refused {remote}: {sentence}' },
  'opamp.another-uid': { level: 'warn', sentence: 'the certificate of {uid} was used for a message of {claimed}, from {remote}' },
  'opamp.bad-message': { level: 'warn', sentence: 'a message of {uid} from {remote} cannot be read: {sentence}' },
  'opamp.handshake-failed': { level: 'info', sentence: 'the TLS handshake with {remote} failed' },
  'opamp.overloaded': { level: 'warn', sentence: '{count} connections were dropped before TLS: more of them come than can be served' },
  'opamp.connected': { level: 'debug', sentence: '{uid} is connected from {remote}' },
  'opamp.disconnected': { level: 'debug', sentence: 'the connection of {uid} from {remote} has ended ({code} {reason})' },
  'opamp.cut': { level: 'info', sentence: 'the connection of {uid} from {remote} was ended: {reason}' },
  'opamp.second-connection': {
    level: 'warn',
    sentence: '{uid} is connected already; another one with its identity, from {remote}, has to wait',
  },
  'opamp.config-too-large': {
    level: 'error',
    sentence: 'version {version} of {config} has {bytes} bytes and cannot be sent to {uid}: raise maxMessage',
  },
  'opamp.settings-failed': { level: 'warn', sentence: '{uid} could not use the connection settings that it was offered: {error}' },
  'opamp.not-kept': { level: 'error', sentence: 'a report of {uid} ({capability}) could not be stored; the agent keeps it' },
  'opamp.failed': { level: 'error', sentence: 'a message of {uid} from {remote} could not be handled: a bug' },
  'opamp.draining': { level: 'info', sentence: '{count} agents are told to come back' },
} as const satisfies EventTable;
