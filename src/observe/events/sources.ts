/** Events: all other sources. */
import type { EventTable } from './event.ts';

export const sourcesEvents = {
  'pipeline.source.listening': { level: 'info', sentence: '{what} listens on {address}' },
  'pipeline.source.refusing': { level: 'warn', sentence: 'clients are told to come back later: {reason}' },
  'pipeline.source.accepting': { level: 'info', sentence: 'clients are heard again; {count} requests were turned away' },
  'pipeline.source.unauthorized': { level: 'warn', sentence: '{peer} does not know the token; {times} times since this was last said' },
  'pipeline.source.rejected': {
    level: 'warn',
    sentence: '{peer} sent what cannot be taken: {reason}; {times} times since this was last said',
  },
  'pipeline.source.failed': { level: 'error', sentence: 'a request was not served: {reason}; {times} times since this was last said' },
  'pipeline.source.connections-full': {
    level: 'warn',
    sentence: 'there are {limit} connections, one more was closed; {times} times since this was last said',
  },
  'pipeline.source.handshake-failed': { level: 'warn', sentence: 'TLS failed: {reason}; {times} times since this was last said' },
  'pipeline.source.certificate-unusable': { level: 'error', sentence: 'the changed certificate is not used, the old one stays: {reason}' },
  'pipeline.source.lost': {
    level: 'error',
    sentence:
      '{records} records ({bytes} bytes) are lost: the source was closed before they were safe, and their sender has forgotten them',
  },
  'pipeline.source.datagrams-dropped': {
    level: 'warn',
    sentence: 'datagrams were lost: {here} here for want of room, {kernel} in the kernel (its buffer holds {buffer} bytes)',
  },
  'pipeline.source.scrape-failed': { level: 'warn', sentence: '{target} cannot be scraped: {reason}' },
  'pipeline.source.scrape-recovered': { level: 'info', sentence: '{target} is scraped again after {failures} failures' },
  'pipeline.source.scrape-skipped': {
    level: 'warn',
    sentence: 'scrapes were left out because there is no room for what they bring; {times} times since this was last said',
  },
  'pipeline.source.targets-unusable': { level: 'warn', sentence: '{path} is not used, the old targets stay: {reason}' },
  'pipeline.source.measure-failed': { level: 'warn', sentence: '{collector} is not measured: {reason}' },
  'pipeline.source.input-ended': { level: 'info', sentence: 'standard input ended after {bytes} bytes' },
} as const satisfies EventTable;
