/** Events of the certificate authority. */
import type { EventTable } from './event.ts';

export const caEvents = {
  'ca.root-created': { level: 'info', sentence: 'made the first certificate authority {fingerprint}, valid until {notAfter}' },
  'ca.key-unsealed': {
    level: 'warn',
    sentence: 'the key of the certificate authority lies in the store as it is; set ca.keyEncryptionFile to seal it',
  },
  'ca.keys-sealed': { level: 'info', sentence: 'sealed {count} keys of the certificate authority under the key file' },
  'ca.rotation-prepared': {
    level: 'info',
    sentence: 'made the next certificate authority {fingerprint}; agents learn it with their next renewal ({by})',
  },
  'ca.rotation-activated': { level: 'info', sentence: 'certificates are signed by authority {fingerprint} from now on ({by})' },
  'ca.root-retired': { level: 'info', sentence: 'authority {fingerprint} is trusted no more ({by})' },
  'ca.rotation-failed': {
    level: 'error',
    sentence: 'the rotation of the certificate authority could not go on; it is tried again in {retryIn}',
  },
  'ca.server-certificate': { level: 'info', sentence: 'our own certificate is renewed for {names}, valid until {notAfter}' },
  'ca.server-certificate-failed': { level: 'error', sentence: 'our own certificate could not be renewed; it is tried again in {retryIn}' },
  'ca.revoked': { level: 'warn', sentence: 'agent {uid} is revoked: {reason}' },
  'ca.superseded': { level: 'info', sentence: 'the older certificates of agent {uid} are superseded: {reason}' },
  'ca.signing-refused': { level: 'warn', sentence: 'no certificate for agent {uid}: {reason}: {detail}' },
  'ca.watch-lost': { level: 'warn', sentence: 'the store stopped telling about certificates; asking again in {retryIn}' },
} as const satisfies EventTable;
