/** /proc/meminfo and the part of /proc/vmstat that node_exporter shows (proc(5)). */
import { gauge, type Reading } from './reading.ts';

export function memoryReadings(meminfo: string): readonly Reading[] {
  return meminfo.split('\n').flatMap((line) => {
    const [, name = '', value, unit] = /^([^:]+):\s+(\d+)(?: (kB))?$/.exec(line) ?? [];
    if (value === undefined) return [];
    // Active(anon) → Active_anon
    const plain = name.replaceAll(/\((.*)\)/g, '_$1');
    return unit === undefined
      ? [gauge(`node_memory_${plain}`, `Memory information field ${plain}.`, Number(value))]
      : [gauge(`node_memory_${plain}_bytes`, `Memory information field ${plain}_bytes.`, Number(value) * 1_024)];
  });
}

const shown = /^(?:oom_kill|pgpg|pswp|pg.*fault)/;

export function vmstatReadings(vmstat: string): readonly Reading[] {
  return vmstat.split('\n').flatMap((line) => {
    const [name = '', value] = line.split(' ');
    if (!shown.test(name)) return [];
    return [
      { name: `node_vmstat_${name}`, type: 'unknown', help: `/proc/vmstat information field ${name}.`, labels: {}, value: Number(value) },
    ];
  });
}
