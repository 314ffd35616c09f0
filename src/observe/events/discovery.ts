/** Events of the discovery. */
import type { EventTable } from './event.ts';

export const discoveryEvents = {
  'discovery.loaded': { level: 'info', sentence: 'the catalog holds {nodes} nodes and {services} services' },
  'discovery.registered': { level: 'info', sentence: 'service {service} ({id}) registered on node {node}' },
  'discovery.deregistered': { level: 'info', sentence: 'service {id} left node {node}: {reason}' },
  'discovery.node-removed': { level: 'info', sentence: 'node {node} left the catalog: {reason}' },
  'discovery.check-changed': { level: 'info', sentence: 'check {check} of {service} on node {node} went from {from} to {to}' },
  'discovery.ttl-expired': { level: 'warn', sentence: 'check {check} on node {node} was not renewed within {ttl}' },
  'discovery.agent-service-refused': { level: 'warn', sentence: 'agent {uid} reports a service that cannot be held: {problem}' },
  'discovery.agent-node-renamed': { level: 'warn', sentence: 'agent {uid} is node {node} in the catalog: its name {name} is taken' },
  'discovery.not-stored': { level: 'error', sentence: 'changes of the catalog could not be stored; they are tried again' },
  'discovery.refused': { level: 'warn', sentence: '{method} {path} from {remote} refused with {status}: {problem}' },
  'discovery.failed': { level: 'error', sentence: '{method} {path} failed' },
  'discovery.dns-listening': { level: 'info', sentence: 'DNS for {domain} on {address} port {port}, UDP and TCP' },
  'discovery.dns-limited': { level: 'warn', sentence: 'DNS queries of {remote} are limited to {rate} a second' },
  'discovery.dns-failed': { level: 'error', sentence: 'a DNS query could not be answered' },
} as const satisfies EventTable;
