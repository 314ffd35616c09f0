/** Unmodified clients of the discovery. */
import { join } from 'node:path';
import { multiarch, unpackedPrograms } from '../setup/programs.ts';
import type { Unpacked } from '../setup/wanted.ts';
import type { Capability } from '../setup.ts';

export interface Programs {
  readonly prometheus: string;
  readonly promtool: string;
  readonly vmagent: string;
  readonly dig: string;
  /** dig needs libraries that lie beside it. */
  readonly libraryPath: string;
}

const suite = 'bookworm';
const sets: Readonly<Record<'prometheus' | 'vmagent' | 'dig', Unpacked>> = {
  prometheus: { suite, packages: ['prometheus'] }, // 2.42, with http_sd and without consul_sd
  vmagent: { suite, packages: ['victoria-metrics'] }, // 1.79, with both
  dig: {
    suite,
    packages: [
      'bind9-dnsutils',
      'bind9-libs',
      ...[
        'libjemalloc2',
        'libmaxminddb0',
        'libfstrm0',
        'libprotobuf-c1',
        'liblmdb0',
        'libuv1',
        'libjson-c5',
        'libedit2',
        'libidn2-0',
        'libnghttp2-14',
      ],
    ],
  },
};

export const discoveryPrograms = (): Promise<Capability<{ readonly programs: Programs }>> =>
  unpackedPrograms({ name: 'discovery-programs', sets, find, trials });

const find = ({ prometheus, vmagent, dig }: Readonly<Record<keyof typeof sets, string>>): Programs => ({
  prometheus: join(prometheus, 'usr/bin/prometheus'),
  promtool: join(prometheus, 'usr/bin/promtool'),
  vmagent: join(vmagent, 'usr/bin/vmagent'),
  dig: join(dig, 'usr/bin/dig'),
  libraryPath: multiarch(join(dig, 'usr/lib')),
});

const trials = ({ dig, prometheus, vmagent }: Programs) =>
  [
    [dig, '-v'],
    [prometheus, '--version'],
    [vmagent, '-version'],
  ] as const;
