/**
 * Keeps the certificate fresh: looks at the clock often enough that a step of it is noticed, asks over the connection where there is
 * one, and over the enrolment server where there is none, where the server does not answer, or where it is too late for TLS.
 */
import type { Backoff } from '../../core/backoff.ts';
import { backoffMs } from '../../core/backoff.ts';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import { certificateRequest, newKey } from '../identity/csr.ts';
import type { Identity } from '../identity/identity.ts';
import { validity } from '../identity/identity.ts';
import type { Attempt } from './join.ts';
import { phase } from './renewal.ts';

export interface RenewerOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly identity: () => Identity | undefined;
  /** Asks over OpAMP; false where that is not possible now. The answer comes as an offer, or as `refused`. */
  readonly ask: (csrPem: string) => boolean;
  /** Asks the enrolment server and puts the answer to use; undefined where none is named. */
  readonly renew: (() => Promise<Attempt>) | undefined;
  readonly outcome: (outcome: 'renewed' | 'failed') => void;
  readonly timing?: Partial<RenewalTiming>;
}

export interface RenewalTiming {
  /** How often the wall clock is looked at, at least. */
  readonly lookMs: number;
  /** How long an answer over OpAMP is waited for. */
  readonly answerMs: number;
  readonly backoff: Backoff;
  /** Between two certificates, at least. */
  readonly restMs: number;
}

export interface Renewer {
  /** The key of the request that is under way: an offered certificate may be for it. */
  readonly pendingKey: string | undefined;
  /** A request with this key goes out that is not the renewer's own: the server ordered it. */
  expect(keyPem: string): void;
  /** The certificate that was asked for is in use. */
  renewed(): void;
  /** The server, or the offer that it made, did not give one. */
  failed(reason: string): void;
  /** Asks the enrolment server at once; for a certificate that no server takes any more. Undefined: not now. */
  rescue(): Promise<Attempt | undefined>;
  stop(): void;
}

const usual: RenewalTiming = { lookMs: 60_000, answerMs: 60_000, backoff: { firstMs: 30_000, maxMs: 900_000 }, restMs: 10_000 };

export function createRenewer(options: RenewerOptions): Renewer {
  const { clock, log, random } = options;
  const timing = { ...usual, ...options.timing };
  /** Drawn once for each certificate, so that looking again does not move the moment. */
  let share = random();
  let pendingKey: string | undefined;
  let failures = 0;
  /** Monotonic. */
  let notBeforeMs = 0;
  let asking: Promise<Attempt | undefined> | undefined;
  let stopped = false;
  let cancelLook = () => {};
  let cancelAnswer = () => {};

  const until = () => {
    const times = validity(options.identity()?.credentials?.chainPem ?? '');
    return times === undefined ? 'an unknown moment' : new Date(times.notAfterMs).toISOString();
  };
  const failed = (reason: string) => {
    cancelAnswer();
    pendingKey = undefined;
    failures += 1;
    notBeforeMs = clock.monotonicMs() + backoffMs(timing.backoff, failures, random);
    options.outcome('failed');
    log.event('agent.join.renewal-failed', { reason, until: until() });
    lookSoon();
  };
  const renewed = () => {
    cancelAnswer();
    pendingKey = undefined;
    failures = 0;
    share = random();
    // A clock that is far ahead sees every new certificate as due: it must not ask without end.
    const times = validity(options.identity()?.credentials?.chainPem ?? '');
    const leftMs = times === undefined ? 0 : Math.min(times.notAfterMs - clock.now(), (times.notAfterMs - times.notBeforeMs) / 2);
    notBeforeMs = clock.monotonicMs() + Math.max(timing.restMs, leftMs / 3);
    options.outcome('renewed');
    log.event('agent.join.renewed', { until: until() });
    lookSoon();
  };
  const overHttps = (): Promise<Attempt | undefined> => {
    const { renew } = options;
    if (renew === undefined) return Promise.resolve(undefined);
    log.event('agent.join.renewing', { way: 'the enrolment server', until: until() });
    asking ??= renew().then((attempt) => {
      asking = undefined;
      if (attempt.ok) renewed();
      else failed(attempt.sentence);
      if (!attempt.ok && attempt.afterMs !== undefined) notBeforeMs = Math.max(notBeforeMs, clock.monotonicMs() + attempt.afterMs);
      return attempt;
    });
    return asking;
  };
  /** Every third time the other way: a server that never answers must not keep the agent from the one that would. */
  const overOpamp = async (): Promise<boolean> => {
    if (failures % 3 === 2 && options.renew !== undefined) return false;
    const identity = options.identity();
    if (identity === undefined) return false;
    const key = await newKey();
    if (stopped || !options.ask(certificateRequest(key, identity.name, identity.uid))) return false;
    log.event('agent.join.renewing', { way: 'OpAMP', until: until() });
    expect(key);
    return true;
  };
  const expect = (keyPem: string) => {
    pendingKey = keyPem;
    cancelAnswer();
    cancelAnswer = clock.after(timing.answerMs, () => failed('the server did not answer the certificate request'));
  };
  const look = () => {
    lookSoon();
    const identity = options.identity();
    const times = validity(identity?.credentials?.chainPem ?? '');
    if (identity === undefined || times === undefined || pendingKey !== undefined || asking !== undefined) return;
    if (clock.monotonicMs() < notBeforeMs) return;
    const now = phase(times, share, identity.renewWindowMs ?? 0, clock.now());
    if (now.kind === 'good') return;
    // Held until the way is known, so that the next look does not ask a second time.
    asking = overOpamp().then((asked) => {
      asking = undefined;
      return asked ? undefined : overHttps();
    });
  };
  /** A timer runs on monotonic time and certificates on the wall's, so no look is further away than `lookMs`, or a twentieth of the lifetime. */
  const lookSoon = () => {
    cancelLook();
    if (stopped) return;
    const identity = options.identity();
    const times = validity(identity?.credentials?.chainPem ?? '');
    // No certificate yet, or none of our own.
    if (times === undefined) cancelLook = clock.after(Math.min(timing.lookMs, 1_000), look);
    if (times === undefined) return;
    const now = phase(times, share, identity?.renewWindowMs ?? 0, clock.now());
    const due = now.kind === 'good' ? now.dueInMs : Math.max(1_000, notBeforeMs - clock.monotonicMs());
    const often = Math.max(1_000, (times.notAfterMs - times.notBeforeMs) / 20);
    cancelLook = clock.after(Math.min(timing.lookMs, often, Math.max(10, due)), look);
  };
  lookSoon();
  return {
    get pendingKey() {
      return pendingKey;
    },
    expect,
    renewed,
    failed,
    rescue: async () => (clock.monotonicMs() < notBeforeMs ? undefined : overHttps()),
    stop() {
      stopped = true;
      cancelLook();
      cancelAnswer();
    },
  };
}
