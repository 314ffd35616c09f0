/**
 * Loaded before the program (`node --import`): SIGUSR2 moves its wall clock by FAIRLEAD_LAB_STEP_MS, as a step of the machine's
 * clock would, without touching the machine's. Only JavaScript's clock: timers and OpenSSL keep the real one.
 */
const RealDate = Date;
const stepMs = Number(process.env.FAIRLEAD_LAB_STEP_MS ?? 0);
let offsetMs = 0;

class SteppedDate extends RealDate {
  constructor(...args: readonly unknown[]) {
    // The overloads of Date cannot be passed on as one.
    super(...((args.length === 0 ? [SteppedDate.now()] : args) as [number]));
  }

  static override now(): number {
    return RealDate.now() + offsetMs;
  }
}

globalThis.Date = SteppedDate as DateConstructor; // `Date()` without new, which nobody uses, is what it lacks

process.on('SIGUSR2', () => {
  offsetMs = offsetMs === 0 ? stepMs : 0;
  process.stderr.write(`${JSON.stringify({ event: 'lab.clock-stepped', time: new Date().toISOString(), message: `by ${offsetMs} ms` })}\n`);
});
