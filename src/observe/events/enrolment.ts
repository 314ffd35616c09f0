/** Events of enrolment. Tokens are named by their id; their secret is never a field. */
import type { EventTable } from './event.ts';

export const enrolmentEvents = {
  'enrolment.token-created': {
    level: 'info',
    sentence: 'token {tokenId} is made by {by}: {uses} uses, until {expiresAt}, approval {approval}',
  },
  'enrolment.token-revoked': { level: 'info', sentence: 'token {tokenId} is revoked by {by}' },
  'enrolment.enrolled': { level: 'info', sentence: 'agent {name} ({uid}) is enrolled with token {tokenId} from {remote}' },
  'enrolment.repeated': {
    level: 'info',
    sentence: 'agent {name} ({uid}) asked again with the same key from {remote} and keeps its identity',
  },
  'enrolment.replaced': { level: 'info', sentence: 'agent {name} ({uid}) was created anew and keeps its identity, from {remote}' },
  'enrolment.replace-refused': {
    level: 'warn',
    sentence: 'who enrols from {remote} as {name} cannot prove to be that agent ({why}): it becomes another one',
  },
  'enrolment.pending': {
    level: 'info',
    sentence: 'request {pendingId} of {name} from {remote} waits for approval; its key is {keyFingerprint}',
  },
  'enrolment.approved': { level: 'info', sentence: 'request {pendingId} is approved by {by}' },
  'enrolment.denied': { level: 'info', sentence: 'request {pendingId} is denied by {by}: {reason}' },
  'enrolment.renewed': { level: 'debug', sentence: 'agent {uid} renewed its certificate from {remote}, valid until {notAfter}' },
  'enrolment.refused': { level: 'warn', sentence: 'refused to {operation} from {remote}: {code}: {detail}' },
  'enrolment.sweep-failed': { level: 'warn', sentence: 'outdated enrolment records could not be removed; it is tried again in {retryIn}' },
} as const satisfies EventTable;
