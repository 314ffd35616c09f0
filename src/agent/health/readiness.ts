/** Whether the agent is ready, and why not. Pure. */
import type { HealthSettings } from '../settings/health.ts';
import type { Component } from './tree.ts';

export interface Condition {
  readonly started: boolean;
  readonly stopping: boolean;
  readonly components: readonly Component[];
}

export interface NotReady {
  readonly reason: 'starting' | 'stopping' | 'server' | 'link' | 'part';
  readonly sentence: string;
}

/** Empty: ready. Components that are not well count as the settings say; parts of the agent itself always do. */
export function notReady({ started, stopping, components }: Condition, settings: HealthSettings['readiness']): readonly NotReady[] {
  const reasons: NotReady[] = [];
  if (!started) reasons.push({ reason: 'starting', sentence: 'the agent is starting' });
  if (stopping) reasons.push({ reason: 'stopping', sentence: 'the agent is stopping' });
  for (const { path, healthy, status, lastError } of components) {
    if (healthy) continue;
    const sentence = `${path} is ${status}${lastError ? `: ${lastError}` : ''}`;
    const [area] = path.split('/');
    if (area === 'connection') {
      if (settings.server) reasons.push({ reason: 'server', sentence });
    } else if (area === 'links') {
      if (settings.links) reasons.push({ reason: 'link', sentence });
    } else reasons.push({ reason: 'part', sentence });
  }
  return reasons;
}
