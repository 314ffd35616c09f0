/** /proc/diskstats (Documentation/admin-guide/iostats.rst). */
import { counter, gauge, type Reading } from './reading.ts';

/** Sectors of this file have 512 bytes whatever the device says. */
const sectorBytes = 512;
const milli = 1e-3;

interface Column {
  readonly name: string;
  readonly help: string;
  readonly scale?: number;
  readonly type?: 'gauge';
}

/** In the order of the file, behind major, minor and name; older kernels have fewer. */
const columns: readonly Column[] = [
  { name: 'reads_completed_total', help: 'The total number of reads completed successfully.' },
  { name: 'reads_merged_total', help: 'The total number of reads merged.' },
  { name: 'read_bytes_total', help: 'The total number of bytes read successfully.', scale: sectorBytes },
  { name: 'read_time_seconds_total', help: 'The total number of seconds spent by all reads.', scale: milli },
  { name: 'writes_completed_total', help: 'The total number of writes completed successfully.' },
  { name: 'writes_merged_total', help: 'The number of writes merged.' },
  { name: 'written_bytes_total', help: 'The total number of bytes written successfully.', scale: sectorBytes },
  { name: 'write_time_seconds_total', help: 'This is the total number of seconds spent by all writes.', scale: milli },
  { name: 'io_now', help: 'The number of I/Os currently in progress.', type: 'gauge' },
  { name: 'io_time_seconds_total', help: 'Total seconds spent doing I/Os.', scale: milli },
  { name: 'io_time_weighted_seconds_total', help: 'The weighted # of seconds spent doing I/Os.', scale: milli },
  { name: 'discards_completed_total', help: 'The total number of discards completed successfully.' },
  { name: 'discards_merged_total', help: 'The total number of discards merged.' },
  { name: 'discarded_sectors_total', help: 'The total number of sectors discarded successfully.' },
  { name: 'discard_time_seconds_total', help: 'This is the total number of seconds spent by all discards.', scale: milli },
  { name: 'flush_requests_total', help: 'The total number of flush requests completed successfully' },
  { name: 'flush_requests_time_seconds_total', help: 'This is the total number of seconds spent by all flush requests.', scale: milli },
];

export function diskReadings(diskstats: string, ignored: RegExp): readonly Reading[] {
  return diskstats.split('\n').flatMap((line) => {
    const [, , device, ...values] = line.trim().split(/\s+/);
    if (device === undefined || ignored.test(device)) return [];
    return values.slice(0, columns.length).map((text, index) => {
      const { name = '', help = '', scale = 1, type } = columns[index] ?? {};
      const value = Number(text) * scale;
      return type === 'gauge' ? gauge(`node_disk_${name}`, help, value, { device }) : counter(`node_disk_${name}`, help, value, { device });
    });
  });
}
