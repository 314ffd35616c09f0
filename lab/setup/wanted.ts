/**
 * What the lab takes from Debian. Engines are unpacked, never installed: a package that is not installed cannot start a service, and
 * several versions lie side by side. Go binaries need only an old glibc, so that newer suites' engines run on bookworm.
 */
export interface Unpacked {
  readonly suite: string;
  readonly packages: readonly string[];
}

/** The suites in the order of their engines' age; which version each holds is found out, since sid moves. */
export const engineSuites: readonly Unpacked[] = [
  { suite: 'bookworm', packages: ['docker.io', 'containerd'] }, // 20.10; its docker.io holds the command line too
  { suite: 'trixie', packages: ['docker.io', 'docker-cli', 'containerd'] }, // 26.1
  { suite: 'sid', packages: ['docker.io', 'docker-cli', 'containerd'] }, // 28.5 in November 2026
];

/** Versions that the tables are written for; one that no suite serves is reported as unavailable. 27 and 29 were in no suite in November 2026. */
export const wantedEngines = ['20.10', '26.1', '28.5'] as const;

/** runc of newer suites needs GLIBC_2.38; bookworm's works with every engine here. */
export const runtime: Unpacked = { suite: 'bookworm', packages: ['runc'] };

/** Compose v2 as Debian has it; 2.26 is what trixie users run, sid's knows `gw_priority`. */
export const composeSuites: readonly Unpacked[] = [
  { suite: 'trixie', packages: ['docker-compose'] },
  { suite: 'sid', packages: ['docker-compose'] },
];

/** Installed when absent: none of them brings a service. The libraries are those that the unpacked engines load. */
export const systemTools: readonly { readonly program: string; readonly package: string }[] = [
  { program: '/usr/bin/nsenter', package: 'util-linux' },
  { program: '/sbin/ip', package: 'iproute2' },
  { program: '/usr/sbin/iptables', package: 'iptables' },
  { program: '/bin/busybox', package: 'busybox-static' },
  { program: '/usr/sbin/dnsmasq', package: 'dnsmasq-base' },
  // Not for the lab but for tests on loopback: certificates seen by others, systemd's side of sd_notify, a receiver for it.
  { program: '/usr/bin/openssl', package: 'openssl' },
  { program: '/usr/bin/systemd-notify', package: 'systemd' },
  { program: '/usr/bin/python3', package: 'python3-minimal' },
  // A Kafka cluster that nobody here wrote (librdkafka's mock, behind a few lines of C), and a client to read it back with.
  { program: '/usr/bin/gcc', package: 'gcc' },
  { program: '/usr/include/stdio.h', package: 'libc6-dev' },
  { program: '/usr/include/librdkafka/rdkafka_mock.h', package: 'librdkafka-dev' },
  { program: '/usr/bin/kcat', package: 'kcat' },
];

export const systemLibraries = ['libdevmapper1.02.1', 'libsystemd0', 'libseccomp2'] as const;
