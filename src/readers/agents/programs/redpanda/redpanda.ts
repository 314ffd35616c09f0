import type { Application } from '../../../../network/model.ts';
import { advertise, listenOn } from '../../advertised.ts';
import { dial } from '../../dial.ts';
import { defaultListener, IPV4_ONLY } from '../../listen.ts';
import { imageOf, isImage } from '../../parse/image-reference.ts';
import { split } from '../../parse/value.ts';
import { startsServer } from '../../process.ts';
import type { Program } from '../../program.ts';
import { facts, joinFacts } from '../../program.ts';

const APIS: readonly (readonly [flag: string, port: number, service: string, application: Application])[] = [
  ['kafka', 9092, 'broker', 'kafka'],
  ['pandaproxy', 8082, 'pandaproxy', 'http'],
  ['schema-registry', 8081, 'schema registry', 'http'],
  ['rpc', 33_145, 'rpc', 'other'],
];

/** https://docs.redpanda.com/current/reference/rpk/rpk-redpanda/rpk-redpanda-start/ */
export const redpanda: Program = {
  name: 'redpanda',
  matches: (workload) => isImage(imageOf(workload), ['redpandadata/redpanda', 'vectorized/redpanda', 'redpandadata/redpanda-nightly']),
  read: (_workload, context) => {
    if (!startsServer(context.words, /^(?:rpk )?redpanda(?: |$)/)) return facts({});
    const apis = APIS.map(([api, port, service, application]) => {
      const address = context.flag(`--${api}-addr`);
      return joinFacts([
        address === undefined
          ? facts({ listeners: [defaultListener('Redpanda', IPV4_ONLY, port, { application })] })
          : listenOn(address, `--${api}-addr`, application, port, IPV4_ONLY, context.ownNames),
        advertise(context.flag(`--advertise-${api}-addr`), `--advertise-${api}-addr`, 'kafka', service, port),
      ]);
    });
    const seeds = context.flagAll('--seeds', '-s').flatMap((value) => split(value, /,/));
    return joinFacts([
      ...apis,
      facts({ listeners: [defaultListener('Redpanda', IPV4_ONLY, 9644, { application: 'http' })], listenersKnown: true }),
      ...seeds.map((seed) =>
        dial(seed, { setting: '--seeds', purpose: 'joins the cluster through', plane: 'control', port: 33_145, application: 'other' }),
      ),
    ]);
  },
};
