import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diskReadings } from './disks.ts';
import { Filesystems, mountsOf } from './filesystems.ts';
import { memoryReadings, vmstatReadings } from './memory.ts';
import { trafficReadings } from './network.ts';
import { cpuReadings, loadReadings, pressureReadings, statReadings } from './processor.ts';
import type { Reading } from './reading.ts';
import { hostMetricsSettings } from './settings.ts';

const brief = (readings: readonly Reading[]) => readings.map(({ name, labels, value }) => [name, ...Object.values(labels), value]);

const stat = `cpu  10 20 30 40 50 60 70 80 90 100
cpu0 100 200 300 400 500 600 700 800 900 1000
intr 12345 0 0
ctxt 678
btime 1795348800
processes 42
procs_running 2
procs_blocked 0
`;

test('times of processors are seconds, and the sum over all is left to others', () => {
  assert.deepEqual(brief(cpuReadings(stat)), [
    ['node_cpu_seconds_total', '0', 'user', 1],
    ['node_cpu_seconds_total', '0', 'nice', 2],
    ['node_cpu_seconds_total', '0', 'system', 3],
    ['node_cpu_seconds_total', '0', 'idle', 4],
    ['node_cpu_seconds_total', '0', 'iowait', 5],
    ['node_cpu_seconds_total', '0', 'irq', 6],
    ['node_cpu_seconds_total', '0', 'softirq', 7],
    ['node_cpu_seconds_total', '0', 'steal', 8],
    ['node_cpu_guest_seconds_total', '0', 'user', 9],
    ['node_cpu_guest_seconds_total', '0', 'nice', 10],
  ]);
  assert.deepEqual(brief(statReadings(stat)), [
    ['node_intr_total', 12345],
    ['node_context_switches_total', 678],
    ['node_boot_time_seconds', 1795348800],
    ['node_forks_total', 42],
    ['node_procs_running', 2],
    ['node_procs_blocked', 0],
  ]);
});

test('memory is bytes, and names in brackets are flat', () => {
  assert.deepEqual(brief(memoryReadings('MemTotal:       16 kB\nActive(anon):    2 kB\nHugePages_Total:       3\nnonsense\n')), [
    ['node_memory_MemTotal_bytes', 16_384],
    ['node_memory_Active_anon_bytes', 2_048],
    ['node_memory_HugePages_Total', 3],
  ]);
  assert.deepEqual(brief(vmstatReadings('nr_free_pages 1\npgfault 2\noom_kill 3\n')), [
    ['node_vmstat_pgfault', 2],
    ['node_vmstat_oom_kill', 3],
  ]);
});

test('load and pressure', () => {
  assert.deepEqual(brief(loadReadings('0.10 0.20 0.30 1/234 5678\n')), [
    ['node_load1', 0.1],
    ['node_load5', 0.2],
    ['node_load15', 0.3],
  ]);
  const io = 'some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=500000\n';
  assert.deepEqual(brief(pressureReadings('io', io)), [
    ['node_pressure_io_waiting_seconds_total', 1.5],
    ['node_pressure_io_stalled_seconds_total', 0.5],
  ]);
});

test('disks: sectors are bytes, milliseconds are seconds, partitions are left out, and an old kernel has fewer columns', () => {
  const ignored = new RegExp(hostMetricsSettings.parse({ type: 'host-metrics' }).ignoreDisks, 'u');
  const text = ' 254 0 vda 1 2 3 4000 5 6 7 8000 9 10000 11000\n 254 1 vda1 1 2 3 4 5 6 7 8 9 10 11\n 7 0 loop0 1 2 3 4 5 6 7 8 9 10 11\n';
  const readings = diskReadings(text, ignored);
  assert.equal(readings.length, 11);
  const value = (name: string) => readings.find((one) => one.name === name)?.value;
  assert.equal(value('node_disk_read_bytes_total'), 3 * 512);
  assert.equal(value('node_disk_read_time_seconds_total'), 4);
  assert.equal(value('node_disk_io_time_weighted_seconds_total'), 11);
});

test('traffic of each device', () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
  eth0:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16
`;
  const readings = trafficReadings(text);
  assert.equal(readings.length, 16);
  assert.deepEqual(brief(readings).at(0), ['node_network_receive_bytes_total', 'eth0', 1]);
  assert.deepEqual(brief(readings).at(8), ['node_network_transmit_bytes_total', 'eth0', 9]);
});

const ignored = { mounts: /^\/(?:dev|proc)(?:$|\/)/u, types: /^overlay$/u };

test('mounts are shown as the host sees them, once, without those that are left out', () => {
  const text = `/dev/vda1 / ext4 rw,relatime 0 0
/dev/vda1 / ext4 rw,relatime 0 0
proc /proc proc rw 0 0
none /merged overlay rw 0 0
/dev/vdb /mnt/a\\040b ext4 ro,noatime 0 0
`;
  const wanted = [
    { device: '/dev/vda1', mountpoint: '/', fstype: 'ext4', readonly: false },
    { device: '/dev/vdb', mountpoint: '/mnt/a b', fstype: 'ext4', readonly: true },
  ];
  assert.deepEqual(mountsOf(text, ignored, '/'), wanted);
  const inside = text.replaceAll(' / ', ' /host/root ').replace('/mnt/', '/host/root/mnt/');
  assert.deepEqual(mountsOf(inside, ignored, '/host/root'), wanted);
});

test('a mount that cannot be asked is an error and no number', async () => {
  const mount = { device: 'x', mountpoint: '/no/such/folder', fstype: 'ext4', readonly: false };
  assert.deepEqual(brief(await new Filesystems().readings([mount], '/')), [
    ['node_filesystem_device_error', 'x', '/no/such/folder', 'ext4', 1],
  ]);
});
