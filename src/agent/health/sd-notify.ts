/**
 * Tells systemd how the service is: sd_notify(3). The datagram goes to a Unix socket, and Node has no Unix datagram sockets;
 * so `systemd-notify`, which is there wherever systemd is, sends it. It is another process than the service's main one: the unit
 * needs `NotifyAccess=all`. Nothing is started where NOTIFY_SOCKET is not set, so not in containers either.
 */
import { spawn } from 'node:child_process';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';

export interface SdNotify extends AsyncDisposable {
  ready(status: string): void;
  status(sentence: string): void;
  /** A configuration is being put in place; `ready` ends it. */
  reloading(): void;
  /** Resolves when systemd was told, or cannot be. */
  stopping(): Promise<void>;
}

export interface SdNotifyDeps {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly clock: Clock;
  readonly log: Log;
  /** CLOCK_MONOTONIC in microseconds, as systemd counts. */
  readonly monotonicUsec: () => bigint;
  /** The program that sends. */
  readonly program?: string;
  /** A watchdog is told only while this holds. */
  readonly alive: () => boolean;
}

/** Longer than this and systemd is in trouble, not we. */
const timeoutMs = 5_000;

export function createSdNotify(deps: SdNotifyDeps): SdNotify {
  const { environment, clock, log, pid } = deps;
  const socket = environment.NOTIFY_SOCKET;
  if (socket === undefined || socket === '') return nobody;
  let queue = Promise.resolve();
  let waiting = 0;
  let broken = false;
  let cancel = () => {};
  let lastStatus = '';

  const tell = (assignments: readonly string[]): Promise<void> => {
    // Where it failed once for good, or does not get through, more processes would not help.
    if (broken || waiting > 8) return queue;
    waiting += 1;
    queue = queue.then(async () => {
      waiting -= 1;
      if (broken) return;
      const outcome = await run(deps.program ?? 'systemd-notify', assignments, environment);
      if (outcome === undefined) return;
      broken = outcome.forGood;
      log.event('agent.health.notify-failed', { what: assignments[0], reason: outcome.reason });
    });
    return queue;
  };
  const beat = (everyMs: number): void => {
    cancel = clock.after(everyMs, () => {
      if (deps.alive()) void tell(['WATCHDOG=1']);
      beat(everyMs);
    });
  };
  // sd_watchdog_enabled(3): meant for us only when the pid is ours; half of the time leaves room for a late one.
  const watchdogUsec = Number(environment.WATCHDOG_USEC);
  const forUs = environment.WATCHDOG_PID === undefined || Number(environment.WATCHDOG_PID) === pid;

  return {
    ready(status) {
      lastStatus = line(status);
      void tell(['READY=1', `STATUS=${lastStatus}`, `MAINPID=${pid}`]);
      cancel();
      if (watchdogUsec > 0 && forUs) beat(Math.max(500, watchdogUsec / 2_000));
    },
    status(sentence) {
      if (line(sentence) === lastStatus) return;
      lastStatus = line(sentence);
      void tell([`STATUS=${lastStatus}`]);
    },
    reloading: () => void tell(['RELOADING=1', `MONOTONIC_USEC=${deps.monotonicUsec()}`]),
    stopping() {
      cancel();
      return tell(['STOPPING=1', 'STATUS=stopping']);
    },
    async [Symbol.asyncDispose]() {
      cancel();
      await queue;
    },
  };
}

const nobody: SdNotify = { ready() {}, status() {}, reloading() {}, stopping: async () => {}, async [Symbol.asyncDispose]() {} };

/** A status is one line. */
function line(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, 200);
}

/** Undefined: it was told. Only the socket is passed on of the environment, which may hold a token. */
function run(
  program: string,
  assignments: readonly string[],
  { NOTIFY_SOCKET, PATH }: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly reason: string; readonly forGood: boolean } | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program, [...assignments], {
      env: { NOTIFY_SOCKET, PATH },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: timeoutMs,
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (said.length < 500) said += text;
    });
    child.once('error', (cause) => {
      const missing = 'code' in cause && cause.code === 'ENOENT';
      resolve({ reason: missing ? `there is no program ${program}` : cause.message, forGood: missing });
    });
    child.once('close', (code, signal) =>
      resolve(code === 0 ? undefined : { reason: said.trim() || `${program} ended with ${signal ?? code}`, forGood: false }),
    );
  });
}
