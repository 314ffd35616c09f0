/** Which files each collector reads. */
import { machine } from 'node:os';
import { diskReadings } from './disks.ts';
import { Filesystems, mountsOf } from './filesystems.ts';
import { memoryReadings, vmstatReadings } from './memory.ts';
import { deviceReadings, trafficReadings } from './network.ts';
import { cpuReadings, loadReadings, pressureReadings, pressureResources, statReadings } from './processor.ts';
import { gauge, type KernelFiles, optional, type Reading } from './reading.ts';
import type { CollectorName, HostMetricsSettings } from './settings.ts';

export type Collector = () => Promise<readonly Reading[]>;

export function collectors(
  settings: HostMetricsSettings,
  files: KernelFiles,
  now: () => number,
): Readonly<Record<CollectorName, Collector>> {
  const filesystems = new Filesystems();
  const ignored = { mounts: new RegExp(settings.ignoreMounts, 'u'), types: new RegExp(settings.ignoreFilesystems, 'u') };
  const ignoredDisks = new RegExp(settings.ignoreDisks, 'u');
  return {
    cpu: async () => cpuReadings(await files.proc('stat')),
    memory: async () => [...memoryReadings(await files.proc('meminfo')), ...vmstatReadings((await optional(files.proc('vmstat'))) ?? '')],
    load: async () => loadReadings(await files.proc('loadavg')),
    disk: async () => diskReadings(await files.proc('diskstats'), ignoredDisks),
    async filesystem() {
      // Those of the first process are the host's, also where /proc is mounted into a container.
      const text = await files.proc('1/mounts').catch(() => files.proc('self/mounts'));
      return filesystems.readings(mountsOf(text, ignored, settings.rootPath), settings.rootPath);
    },
    async network() {
      const traffic = await files.proc('1/net/dev').catch(() => files.proc('net/dev'));
      return [...trafficReadings(traffic), ...(await deviceReadings(files))];
    },
    async pressure() {
      const texts = await Promise.all(pressureResources.map((resource) => files.proc(`pressure/${resource}`)));
      return pressureResources.flatMap((resource, index) => pressureReadings(resource, texts[index] ?? ''));
    },
    system: async () => [...statReadings(await files.proc('stat')), ...(await openFiles(files)), ...(await system(files, now))],
  };
}

/** /proc/sys/fs/file-nr: allocated, free (always 0), maximum. */
async function openFiles(files: KernelFiles): Promise<readonly Reading[]> {
  const text = await optional(files.proc('sys/fs/file-nr'));
  if (text === undefined) return [];
  const [allocated, , maximum] = text.split(/\s+/).map(Number);
  return [
    gauge('node_filefd_allocated', 'File descriptor statistics: allocated.', allocated ?? Number.NaN),
    gauge('node_filefd_maximum', 'File descriptor statistics: maximum.', maximum ?? Number.NaN),
  ];
}

async function system(files: KernelFiles, now: () => number): Promise<readonly Reading[]> {
  const names = ['ostype', 'osrelease', 'version', 'hostname', 'domainname'] as const;
  const [sysname = '', release = '', version = '', nodename = '', domainname = ''] = await Promise.all(
    names.map((name) => optional(files.proc(`sys/kernel/${name}`))),
  );
  const labels = { sysname, release, version, machine: machine(), nodename, domainname };
  return [
    gauge('node_time_seconds', 'System time in seconds since epoch (1970).', now() / 1_000),
    gauge('node_uname_info', 'Labeled system information as provided by the uname system call.', 1, labels),
  ];
}
