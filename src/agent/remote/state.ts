/** What the agent must remember of remote configurations over a restart: the last good one, the last status, and who died of what. */
import { mkdir, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import type { RemoteConfig } from '../connection/connection.ts';
import { writeAtomically } from '../identity/atomic-file.ts';

const hash = z.string().regex(/^(?:[0-9a-f]{2})*$/);

const remoteState = z.object({
  version: z.literal(1),
  /** The last configuration that ran and stayed healthy. */
  good: z.object({ hash, files: z.array(z.object({ name: z.string(), contentType: z.string(), body: z.base64() })) }).optional(),
  /** What was reported last. `applying` is never stored: a restart ends it. */
  status: z.object({ hash, status: z.enum(['applied', 'failed']), error: z.string() }).optional(),
  /**
   * Configurations that are being tried, by hash: put in place by an offer, or by a start with the last good one. `active` and
   * found at a start: the process ended meanwhile, and not in order.
   */
  trials: z.record(hash, z.object({ kind: z.enum(['applying', 'starting']), deaths: z.int().min(0), active: z.boolean() })),
  /** Hashes that are not tried again, with what is told about them. */
  blamed: z.record(hash, z.string()),
});
export type RemoteState = Readonly<z.output<typeof remoteState>>;

export const noRemoteState: RemoteState = { version: 1, trials: {}, blamed: {} };

/** So many deaths are taken for the configuration's doing. A good one, which ran before, gets another chance: power fails twice, too. */
const fatal = { applying: 2, starting: 3 } as const;
const maxRemembered = 16;

/** At a start: counts what ended out of order, and blames. Pure. */
export function afterRestart(state: RemoteState): {
  readonly state: RemoteState;
  readonly blamed: readonly { readonly hash: string; readonly deaths: number }[];
} {
  const trials: Record<string, RemoteState['trials'][string]> = {};
  const newlyBlamed: { hash: string; deaths: number }[] = [];
  for (const [of, trial] of Object.entries(state.trials)) {
    const deaths = trial.deaths + (trial.active ? 1 : 0);
    if (deaths >= fatal[trial.kind]) newlyBlamed.push({ hash: of, deaths });
    else if (deaths > 0) trials[of] = { ...trial, deaths, active: false };
  }
  const sentences = newlyBlamed.map(
    ({ hash: of, deaths }) => [of, `the agent ended ${deaths} times while this configuration was starting; it is not tried again`] as const,
  );
  const last = sentences.at(-1);
  const { good, ...rest } = state;
  const lost = good !== undefined && newlyBlamed.some((one) => one.hash === good.hash);
  return {
    blamed: newlyBlamed,
    state: {
      ...rest,
      ...(good === undefined || lost ? {} : { good }),
      trials: newest(trials),
      blamed: newest({ ...state.blamed, ...Object.fromEntries(sentences) }),
      ...(last === undefined ? {} : { status: { hash: last[0], status: 'failed', error: last[1] } }),
    },
  };
}

export function beginTrial(state: RemoteState, of: string, kind: 'applying' | 'starting'): RemoteState {
  const deaths = state.trials[of]?.deaths ?? 0;
  const { [of]: _, ...others } = state.trials;
  return { ...state, trials: newest({ ...others, [of]: { kind, deaths, active: true } }) };
}

/** `survived`: it ran long enough. Otherwise the process ends in order, which says nothing about the configuration. */
export function endTrial(state: RemoteState, of: string, survived: boolean): RemoteState {
  const { [of]: trial, ...others } = state.trials;
  if (trial === undefined) return state;
  return { ...state, trials: survived || trial.deaths === 0 ? others : { ...others, [of]: { ...trial, active: false } } };
}

function newest<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).slice(-maxRemembered));
}

export function rememberGood(state: RemoteState, of: string, config: RemoteConfig): RemoteState {
  const files = config.files.map(({ name, contentType, body }) => ({ name, contentType, body: Buffer.from(body).toString('base64') }));
  return { ...state, good: { hash: of, files } };
}

export function goodConfig({ good }: RemoteState): RemoteConfig | undefined {
  if (good === undefined) return undefined;
  const files = good.files.map(({ name, contentType, body }) => ({ name, contentType, body: new Uint8Array(Buffer.from(body, 'base64')) }));
  return { hash: new Uint8Array(Buffer.from(good.hash, 'hex')), files };
}

export type LoadedState = { readonly state: RemoteState; readonly putAside?: string };

/** A file that cannot be understood is put aside, not lost and not in the way: the server offers its configuration again. */
export async function loadState(path: string): Promise<LoadedState> {
  try {
    return { state: remoteState.parse(JSON.parse(await readFile(path, 'utf8'))) };
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return { state: noRemoteState };
    await rename(path, `${path}.unreadable`).catch(() => {});
    const reason =
      cause instanceof z.ZodError ? 'it is not what this version writes' : cause instanceof Error ? cause.message : String(cause);
    return { state: noRemoteState, putAside: reason };
  }
}

export async function saveState(path: string, state: RemoteState): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeAtomically(path, JSON.stringify(state));
}
