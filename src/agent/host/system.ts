/** The machine and its system. */
import { arch, hostname, release, type as systemType } from 'node:os';
import type { HostReport } from '../../protocol/host-report.ts';
import type { Tree } from './tree.ts';

export type SystemFacts = Pick<HostReport, 'hostname' | 'machineId' | 'bootId' | 'os' | 'kernel' | 'arch' | 'networkNamespace'>;

export async function readSystem(tree: Tree): Promise<SystemFacts> {
  const text = async (path: string) => (await tree.readOptional(path))?.trim();
  const [name, machineId, bootId, kernel, namespace] = await Promise.all([
    text('/proc/sys/kernel/hostname'),
    text('/etc/machine-id'),
    text('/proc/sys/kernel/random/boot_id'),
    text('/proc/sys/kernel/osrelease'),
    tree.link('/proc/self/ns/net'),
  ]);
  const release_ = osRelease((await text('/etc/os-release')) ?? (await text('/usr/lib/os-release')) ?? '');
  if (namespace === undefined) tree.gap('/proc/self/ns/net', 'it cannot be read, so it is not known who shares this network namespace');
  return {
    hostname: (name ?? hostname()).slice(0, 256),
    ...(machineId === undefined || machineId === '' ? {} : { machineId: machineId.slice(0, 256) }),
    ...(bootId === undefined || bootId === '' ? {} : { bootId: bootId.slice(0, 256) }),
    os: {
      name: (release_.PRETTY_NAME ?? systemType()).slice(0, 256),
      ...(release_.ID === undefined ? {} : { id: release_.ID.slice(0, 256) }),
      ...(release_.VERSION_ID === undefined ? {} : { version: release_.VERSION_ID.slice(0, 256) }),
    },
    kernel: (kernel ?? release()).slice(0, 256),
    arch: arch(),
    ...(namespace === undefined ? {} : { networkNamespace: namespace.slice(0, 256) }),
  };
}

/** os-release(5): assignments of a shell, quoted or not. */
function osRelease(text: string): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    [...text.matchAll(/^([A-Z_]+)=(?:"([^"\n]*)"|'([^'\n]*)'|([^\s"']*))$/gm)].map(([, key, a, b, c]) => [key, a ?? b ?? c]),
  );
}
