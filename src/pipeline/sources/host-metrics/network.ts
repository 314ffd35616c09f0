/** /proc/1/net/dev and /sys/class/net (proc(5), Documentation/ABI/testing/sysfs-class-net). */
import { counter, gauge, type KernelFiles, optional, type Reading } from './reading.ts';

const received = ['bytes', 'packets', 'errs', 'drop', 'fifo', 'frame', 'compressed', 'multicast'] as const;
const transmitted = ['bytes', 'packets', 'errs', 'drop', 'fifo', 'colls', 'carrier', 'compressed'] as const;

export function trafficReadings(dev: string): readonly Reading[] {
  return dev.split('\n').flatMap((line) => {
    const [, device, rest = ''] = /^\s*([^\s:|]+):(.*)$/.exec(line) ?? [];
    if (device === undefined) return [];
    const values = rest.trim().split(/\s+/).map(Number);
    const reading = (direction: string, name: string, index: number) =>
      counter(`node_network_${direction}_${name}_total`, `Network device statistic ${direction}_${name}.`, values[index] ?? 0, { device });
    return [
      ...received.map((name, index) => reading('receive', name, index)),
      ...transmitted.map((name, index) => reading('transmit', name, received.length + index)),
    ];
  });
}

const megabit = 1e6 / 8;

export async function deviceReadings(files: KernelFiles): Promise<readonly Reading[]> {
  const devices = await files.listSys('class/net').catch(() => []);
  return (await Promise.all(devices.map((device) => ofDevice(files, device)))).flat();
}

async function ofDevice(files: KernelFiles, device: string): Promise<readonly Reading[]> {
  const read = (name: string) => optional(files.sys(`class/net/${device}/${name}`));
  const [state, mtu, speed, carrier, unhandled] = await Promise.all([
    read('operstate'),
    read('mtu'),
    read('speed'),
    read('carrier'),
    read('statistics/rx_nohandler'),
  ]);
  if (state === undefined) return []; // a file that lists bonds, or a device that has just gone
  const labels = { device };
  return [
    gauge('node_network_up', "Value is 1 if operstate is 'up', 0 otherwise.", state === 'up' ? 1 : 0, labels),
    ...(mtu === undefined ? [] : [gauge('node_network_mtu_bytes', 'Network device property: mtu_bytes', Number(mtu), labels)]),
    ...(carrier === undefined ? [] : [gauge('node_network_carrier', 'Network device property: carrier', Number(carrier), labels)]),
    // Devices without a speed say −1, and node_exporter passes that on.
    ...(speed === undefined
      ? []
      : [gauge('node_network_speed_bytes', 'Network device property: speed_bytes', Number(speed) * megabit, labels)]),
    ...(unhandled === undefined
      ? []
      : [counter('node_network_receive_nohandler_total', 'Network device statistic receive_nohandler.', Number(unhandled), labels)]),
  ];
}
