/** A small application's log, for people who have none at hand: `fairlead up --demo`. */
import { appendFile, mkdir, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const everyMs = 200;
/** Rotated by renaming, as logrotate does, so that this is seen too. */
const rotateBytes = 1 << 20;

const paths = ['/', '/cart', '/checkout', '/products/17', '/products/99', '/login'] as const;
const people = ['ada@example.org', 'grace@example.org', 'edsger@example.org'] as const;

/** Five lines a second until it is disposed of. */
export async function demoLog(path: string): Promise<Disposable> {
  await mkdir(dirname(path), { recursive: true });
  let number = 0;
  let ended = false;
  const write = async () => {
    if (ended) return;
    const { size } = await stat(path).catch(() => ({ size: 0 }));
    if (size > rotateBytes) await rename(path, `${path}.1`);
    await appendFile(path, demoLine(number, new Date()));
    number += 1;
    timer = setTimeout(() => void write().catch(() => {}), everyMs);
  };
  let timer: NodeJS.Timeout | undefined;
  await write();
  return {
    [Symbol.dispose]() {
      ended = true;
      clearTimeout(timer);
    },
  };
}

/** Most are well; every eleventh is slow, every seventeenth fails. */
function demoLine(number: number, time: Date): string {
  const failed = number % 17 === 16;
  const slow = number % 11 === 10;
  return `${JSON.stringify({
    time: time.toISOString(),
    level: failed ? 'error' : slow ? 'warn' : number % 5 === 0 ? 'debug' : 'info',
    service: 'shop',
    method: number % 3 === 0 ? 'POST' : 'GET',
    path: paths[number % paths.length],
    status: failed ? 503 : 200,
    ms: slow ? 900 + (number % 100) : 8 + (number % 40),
    user: people[number % people.length],
    message: failed ? 'payment service did not answer' : 'request served',
  })}\n`;
}
