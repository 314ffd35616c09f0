/** What the API answers, as far as these tests look at it; and the program itself. */
import { join } from 'node:path';

export const program = join(import.meta.dirname, '../../src/cli.ts');

export interface AgentView {
  readonly uid: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly liveness: { readonly state: string; readonly since: string; readonly reason: string };
  readonly healthy: boolean;
  readonly config: {
    readonly name?: string;
    readonly version?: number;
    readonly wanted?: string;
    readonly hash: string;
    readonly status: string;
    readonly error: string;
    readonly because?: string;
  };
  readonly connection?: { readonly transport: string; readonly remote: string; readonly since: string };
  readonly ephemeral: boolean;
}

export interface OutageView {
  readonly link: string;
  readonly to: string;
  readonly plane: string;
  readonly from: string;
  readonly end?: string;
  readonly durationMs: number;
  readonly how?: string;
  readonly attempts: number;
  readonly lastError: string;
}
