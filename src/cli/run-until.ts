/** Keeps a long-running command going until it is told to end. */

/**
 * Aborts at the first SIGTERM or SIGINT: time to end in order. The second one is left to the system, which ends the process at
 * once, as people who press Ctrl-C twice expect; everything that was acknowledged is on disk.
 */
export function untilSignalled(): { readonly signal: AbortSignal; readonly ended: Promise<void> } & Disposable {
  const controller = new AbortController();
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const stop = () => {
    for (const name of names) process.off(name, onSignal);
  };
  const onSignal = (name: NodeJS.Signals) => {
    stop();
    controller.abort(name);
    resolve();
  };
  for (const name of names) process.on(name, onSignal);
  return { signal: controller.signal, ended, [Symbol.dispose]: stop };
}

const names = ['SIGTERM', 'SIGINT'] as const;

/** Calls a start off when the signal comes; what has started ends in order, and is not cut off by it. */
export async function whileStarting<T>(signal: AbortSignal, start: (starting: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const abort = () => controller.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await start(controller.signal);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
