/** What to type at a running engine. Only what can be changed without making the container anew. */
import type { Workload } from '../../network/model.ts';
import type { ServiceChange } from './compose-edits.ts';

export function engineCommands({ workload, change }: { readonly workload: Workload; readonly change: ServiceChange }): readonly string[] {
  if (change.kind === 'attach-network') return [`docker network connect ${change.networkId} ${workload.containerName ?? workload.name}`];
  return [];
}
