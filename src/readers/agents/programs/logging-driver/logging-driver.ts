import type { Application, Transport } from '../../../../network/model.ts';
import { dial } from '../../dial.ts';
import { toValue } from '../../parse/value.ts';
import type { Program } from '../../program.ts';
import { joinFacts } from '../../program.ts';

interface Driver {
  readonly option: string;
  readonly application: Application;
  readonly port?: number;
  readonly transport?: Transport;
}

/** https://docs.docker.com/engine/logging/configure/ — the engine dials, so `localhost` is the host and service names are unknown. */
const drivers: Readonly<Record<string, Driver>> = {
  fluentd: { option: 'fluentd-address', application: 'fluent-forward', port: 24_224 },
  gelf: { option: 'gelf-address', application: 'gelf', port: 12_201 },
  syslog: { option: 'syslog-address', application: 'syslog', port: 514 },
  splunk: { option: 'splunk-url', application: 'https', port: 8088 },
  loki: { option: 'loki-url', application: 'loki', port: 3100 },
  'grafana/loki-docker-driver': { option: 'loki-url', application: 'loki', port: 3100 },
};

export const loggingDriver: Program = {
  name: 'logging-driver',
  matches: ({ logging }) => logging !== undefined && driverOf(logging.driver) !== undefined,
  read: ({ logging }) => {
    const driver = driverOf(logging?.driver ?? '');
    const options = logging?.options.filter(({ name }) => name === driver?.option) ?? [];
    if (driver === undefined) return joinFacts([]);
    return joinFacts(
      options.map((option) =>
        dial(toValue(option), {
          ...driver,
          setting: `logging.options.${option.name}`,
          purpose: 'has its logs sent by the engine to',
          evaluator: 'engine',
        }),
      ),
    );
  },
};

/** A plugin's name may carry a tag: `grafana/loki-docker-driver:latest`. */
function driverOf(name: string): Driver | undefined {
  const plain = name.replace(/:[^/:]*$/, '');
  return Object.hasOwn(drivers, plain) ? drivers[plain] : undefined;
}
