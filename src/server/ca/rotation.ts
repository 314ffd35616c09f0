/** The authorities in the store and in memory, and the steps of their rotation. Several servers may share them. */
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import type { Entry, Store } from '../store/store.ts';
import type { Rotated, RotationStep } from './authority.ts';
import { fingerprintOfPem, type LoadedRoots, loadRoots, sealedAbout } from './loaded.ts';
import { activated, dueStep, inState, obstacle, type RootRecord, type RotationPolicy, retired } from './roots.ts';
import { seal, unseal } from './seal.ts';
import type { CaSettings } from './settings.ts';
import { crossSigned, exportPkcs8, generateKeys, newSerial, type Signer, selfSignedAuthority } from './x509.ts';

export const rootsKey = 'ca/roots';

export interface RotationDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: CaSettings;
  readonly sealingKey: Uint8Array | undefined;
}

export interface Rotation {
  readonly roots: LoadedRoots;
  readonly policy: RotationPolicy;
  /** Carries out one step. `by` goes into the log: a person's name, or `by age`. */
  rotate(step: RotationStep, by: string, force?: boolean): Promise<Rotated>;
  /** The step that is due by age, if any. */
  rotateWhenDue(): Promise<void>;
  /** Takes over what another server wrote. */
  learn(entry: Entry): Promise<void>;
  onChange(listener: () => void): void;
}

export async function openRotation(deps: RotationDeps): Promise<Rotation> {
  const { store, clock, log, settings, sealingKey } = deps;
  let roots = await loadRoots(await firstEntry(deps), sealingKey);
  const listeners: (() => void)[] = [];
  const policy: RotationPolicy = {
    learnMs: settings.agentCertificateLifetime,
    overlapMs: Math.max(settings.rotationOverlap, settings.agentCertificateLifetime + settings.renewWindow),
  };

  const adopt = (next: LoadedRoots) => {
    if (next.modRevision <= roots.modRevision) return;
    roots = next;
    for (const listener of listeners) listener();
  };
  const write = async (records: readonly RootRecord[]): Promise<boolean> => {
    const value = JSON.stringify({ roots: records });
    const result = await store.commit({
      conditions: [{ key: rootsKey, modRevision: roots.modRevision }],
      changes: [{ kind: 'put', key: rootsKey, value }],
    });
    const entry = await store.get(rootsKey);
    if (entry !== undefined) adopt(await loadRoots(entry, sealingKey));
    return result.ok;
  };
  const rotate: Rotation['rotate'] = async (step, by, force = false) => {
    const sentence = obstacle(roots.records, step, clock.now(), policy, force);
    if (sentence !== undefined) return { ok: false, sentence };
    const { records, subject } = await planned(deps, roots, step);
    if (!(await write(records))) return { ok: false, sentence: 'another server or operator was faster; look again' };
    log.event(stepEvents[step], { fingerprint: fingerprintOfPem(subject.pem), by });
    return { ok: true };
  };

  await sealPlainKeys(deps, roots, write);
  return {
    get roots() {
      return roots;
    },
    policy,
    rotate,
    async rotateWhenDue() {
      const step = dueStep(roots.records, clock.now(), policy);
      if (step !== undefined) await rotate(step, 'by age');
    },
    async learn(entry) {
      if (entry.key === rootsKey && entry.modRevision > roots.modRevision) adopt(await loadRoots(entry, sealingKey));
    },
    onChange: (listener) => void listeners.push(listener),
  };
}

const stepEvents = { prepare: 'ca.rotation-prepared', activate: 'ca.rotation-activated', retire: 'ca.root-retired' } as const;

/** What the step makes of the authorities, and the one that it is about. The step has no obstacle. */
async function planned(
  deps: RotationDeps,
  { records, signer, active }: LoadedRoots,
  step: RotationStep,
): Promise<{ readonly records: readonly RootRecord[]; readonly subject: RootRecord }> {
  switch (step) {
    case 'prepare': {
      const root = await newRoot(deps, 'prepared', { signer, record: active });
      return { records: [...records, root], subject: root };
    }
    case 'activate':
      return { records: activated(records, deps.clock.now()), subject: inState(records, 'prepared') ?? active };
    case 'retire':
      return { records: retired(records), subject: inState(records, 'retiring') ?? active };
    default:
      return step satisfies never;
  }
}

/** The record in the store; the first server makes it. */
async function firstEntry(deps: RotationDeps): Promise<Entry> {
  for (;;) {
    const entry = await deps.store.get(rootsKey);
    if (entry !== undefined) return entry;
    const root = await newRoot(deps, 'active');
    const value = JSON.stringify({ roots: [root] });
    const result = await deps.store.commit({
      conditions: [{ key: rootsKey, modRevision: 0 }],
      changes: [{ kind: 'put', key: rootsKey, value }],
    });
    if (result.ok)
      deps.log.event('ca.root-created', {
        fingerprint: fingerprintOfPem(root.pem),
        notAfter: new Date(root.notAfterMs).toISOString(),
      });
  }
}

async function newRoot(
  deps: RotationDeps,
  state: RootRecord['state'],
  before?: { readonly signer: Signer; readonly record: RootRecord },
): Promise<RootRecord> {
  const { clock, settings, sealingKey } = deps;
  const id = newSerial().slice(2, 14);
  const keys = await generateKeys();
  const nowMs = Math.floor(clock.now() / 1_000) * 1_000;
  const validity = { notBeforeMs: nowMs - settings.backdate, notAfterMs: nowMs + settings.rootLifetime };
  // Its own name: two authorities of one name would be taken for each other when a chain is built.
  const pem = await selfSignedAuthority(`Fairlead CA ${id}`, keys, validity);
  const key = seal(await exportPkcs8(keys.privateKey), sealedAbout(id), sealingKey);
  const record: RootRecord = { id, state, pem, key, ...validity, sinceMs: nowMs };
  if (before === undefined) return record;
  const notAfterMs = Math.min(validity.notAfterMs, before.record.notAfterMs);
  const crossPem = await crossSigned(pem, before.signer, { ...validity, notAfterMs });
  return { ...record, crossPem };
}

/** Keys that were stored before the key file was set are sealed now; without a key file the log says how they lie there. */
async function sealPlainKeys(deps: RotationDeps, roots: LoadedRoots, write: (records: readonly RootRecord[]) => Promise<boolean>) {
  const plain = roots.records.filter(({ key }) => key.kind === 'plain');
  if (plain.length === 0) return;
  const { sealingKey } = deps;
  if (sealingKey === undefined) return deps.log.event('ca.key-unsealed');
  const resealed = roots.records.map((root) =>
    root.key.kind === 'plain' ? { ...root, key: seal(unseal(root.key, '', undefined), sealedAbout(root.id), sealingKey) } : root,
  );
  if (await write(resealed)) deps.log.event('ca.keys-sealed', { count: plain.length });
}
