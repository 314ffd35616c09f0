/** Programs that send to our sources. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { multiarch, unpackedPrograms } from '../setup/programs.ts';
import type { Unpacked } from '../setup/wanted.ts';
import type { Capability } from '../setup.ts';

export interface Senders {
  readonly rsyslogd: string;
  readonly rsyslogModules: string;
  readonly syslogNg: string;
  readonly syslogNgModules: string;
  readonly nodeExporter: string;
  readonly libraryPath: string;
}

const suite = 'bookworm';
// A set's folder is named by its first package, and another part of the lab has one of rsyslog alone.
const sets: Readonly<Record<'rsyslog' | 'syslogNg' | 'exporter', Unpacked>> = {
  rsyslog: { suite, packages: ['rsyslog-gnutls', 'rsyslog', 'libestr0', 'libfastjson4', 'liblognorm5', 'libgnutls30'] },
  syslogNg: { suite, packages: ['syslog-ng-core', 'libivykis0', 'libnet1', 'libwrap0', 'libjson-c5', 'libglib2.0-0', 'libpcre3'] },
  exporter: { suite, packages: ['prometheus-node-exporter'] },
};

export async function telemetrySenders(): Promise<Capability<{ readonly senders: Senders }>> {
  const found = await unpackedPrograms({ name: 'senders', sets, find, trials });
  return found.available ? { available: true, senders: found.programs } : found;
}

function find({ rsyslog, syslogNg, exporter }: Readonly<Record<keyof typeof sets, string>>): Senders {
  const libraries = [rsyslog, syslogNg].flatMap((root) => [multiarch(join(root, 'usr/lib')), multiarch(join(root, 'lib'))]);
  const ng = join(syslogNg, 'usr/lib/syslog-ng');
  return {
    rsyslogd: join(rsyslog, 'usr/sbin/rsyslogd'),
    rsyslogModules: join(multiarch(join(rsyslog, 'usr/lib')), 'rsyslog'),
    syslogNg: join(syslogNg, 'usr/sbin/syslog-ng'),
    syslogNgModules: join(ng, readdirSync(ng).find((name) => /^\d/.test(name)) ?? ''),
    nodeExporter: join(exporter, 'usr/bin/prometheus-node-exporter'),
    libraryPath: [...libraries.filter((path) => path !== ''), ng].join(':'),
  };
}

const trials = ({ rsyslogd, syslogNg, nodeExporter }: Senders) =>
  [
    [rsyslogd, '-v'],
    [syslogNg, '--version'],
    [nodeExporter, '--version'],
  ] as const;
