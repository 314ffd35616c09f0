/** /proc/stat and /proc/loadavg (proc(5)). */
import { counter, gauge, type Reading } from './reading.ts';

/** USER_HZ: 100 on every architecture that Linux runs on today; what /proc/stat counts in. */
const ticksPerSecond = 100;
const modes = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'] as const;
const seconds = 'Seconds the CPUs spent in each mode.';
const guest = 'Seconds the CPUs spent in guests (VMs) for each mode.';

export function cpuReadings(stat: string): readonly Reading[] {
  return stat.split('\n').flatMap((line) => {
    const [, cpu, rest = ''] = /^cpu(\d+) +(.*)$/.exec(line) ?? [];
    if (cpu === undefined) return [];
    const ticks = rest.trim().split(/\s+/).map(Number);
    const time = (index: number) => (ticks[index] ?? 0) / ticksPerSecond;
    return [
      ...modes.map((mode, index) => counter('node_cpu_seconds_total', seconds, time(index), { cpu, mode })),
      counter('node_cpu_guest_seconds_total', guest, time(8), { cpu, mode: 'user' }),
      counter('node_cpu_guest_seconds_total', guest, time(9), { cpu, mode: 'nice' }),
    ];
  });
}

const statFields: Readonly<Record<string, (value: number) => Reading>> = {
  intr: (value) => counter('node_intr_total', 'Total number of interrupts serviced.', value),
  ctxt: (value) => counter('node_context_switches_total', 'Total number of context switches.', value),
  btime: (value) => gauge('node_boot_time_seconds', 'Node boot time, in unixtime.', value),
  processes: (value) => counter('node_forks_total', 'Total number of forks.', value),
  procs_running: (value) => gauge('node_procs_running', 'Number of processes in runnable state.', value),
  procs_blocked: (value) => gauge('node_procs_blocked', 'Number of processes blocked waiting for I/O to complete.', value),
};

export function statReadings(stat: string): readonly Reading[] {
  return stat.split('\n').flatMap((line) => {
    const [name = '', value] = line.split(' ', 2);
    const reading = Object.hasOwn(statFields, name) ? statFields[name] : undefined;
    return reading === undefined ? [] : [reading(Number(value))];
  });
}

export function loadReadings(loadavg: string): readonly Reading[] {
  const values = loadavg.trim().split(' ').map(Number);
  return ([1, 5, 15] as const).map((minutes, index) =>
    gauge(`node_load${minutes}`, `${minutes}m load average.`, values[index] ?? Number.NaN),
  );
}

const resources = { cpu: ['waiting'], io: ['waiting', 'stalled'], memory: ['waiting', 'stalled'] } as const;
export const pressureResources = ['cpu', 'io', 'memory'] as const;

/** /proc/pressure/RESOURCE (Documentation/accounting/psi): microseconds, in `some` and `full`. */
export function pressureReadings(resource: (typeof pressureResources)[number], text: string): readonly Reading[] {
  return resources[resource].flatMap((state) => {
    const total = new RegExp(`^${state === 'waiting' ? 'some' : 'full'} .*total=(\\d+)`, 'm').exec(text)?.[1];
    const help = `Total time in seconds that processes have ${state === 'waiting' ? 'waited for' : 'made no progress because of'} ${resource}.`;
    return total === undefined ? [] : [counter(`node_pressure_${resource}_${state}_seconds_total`, help, Number(total) / 1e6)];
  });
}
