/** What the process itself costs, under the names that dashboards know (Prometheus client libraries, `process_*`). */
import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Registry } from 'prom-client';
import { Counter, Gauge } from 'prom-client';

/** Asked for when scraped; the only thing that runs in between is Node's own histogram of the event loop's delay. */
export function processMetrics(registry: Registry, version: string): Disposable {
  const registers = [registry];
  new Gauge({ name: 'fairlead_build_info', help: 'Always 1; the labels say what runs.', labelNames: ['version', 'node'], registers }).set(
    { version, node: process.versions.node },
    1,
  );
  let seconds = 0;
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'User and system CPU time, seconds.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.inc((user + system) / 1e6 - seconds);
      seconds = (user + system) / 1e6;
    },
  });
  gauge('process_resident_memory_bytes', 'Resident memory, bytes.', () => process.memoryUsage.rss());
  gauge('process_start_time_seconds', 'Start of the process, seconds since 1970.', () => (Date.now() - process.uptime() * 1_000) / 1_000);
  gauge('process_open_fds', 'Open file descriptors.', openFiles);
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  gauge('fairlead_event_loop_delay_max_seconds', 'Longest delay of the event loop since the last scrape, seconds.', () => {
    const longest = delay.max;
    delay.reset();
    return longest / 1e9;
  });
  return { [Symbol.dispose]: () => delay.disable() };

  function gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }
}

/** 0 where there is no /proc. */
function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}
