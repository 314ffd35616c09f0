import type { Application, Transport } from '../../../../network/model.ts';
import { openConfig } from '../../config-file.ts';
import { dial } from '../../dial.ts';
import type { Element } from '../../formats/fluentd.ts';
import { readFluentd } from '../../formats/fluentd.ts';
import { defaultListener, IPV4_ONLY, listenAt } from '../../listen.ts';
import { imageOf, isImage } from '../../parse/image-reference.ts';
import type { AgentFacts, Program } from '../../program.ts';
import { facts, joinFacts } from '../../program.ts';

const IMAGES = [
  'fluentd',
  'fluent/fluentd',
  'bitnami/fluentd',
  'bitnamilegacy/fluentd',
  'fluent/fluentd-kubernetes-daemonset',
  'grafana/fluent-plugin-loki',
];
const DEFAULT_CONFIGS = [
  '/fluentd/etc/fluent.conf',
  '/fluentd/etc/fluentd.conf',
  '/opt/bitnami/fluentd/conf/fluentd.conf',
  '/etc/fluent/fluent.conf',
  '/etc/fluentd/fluentd.conf',
];

interface Plugin {
  readonly application: Application;
  readonly port: number;
  readonly transport?: Transport;
}

/** https://docs.fluentd.org/input */
const SOURCES: Readonly<Record<string, Plugin>> = {
  forward: { application: 'fluent-forward', port: 24_224 },
  http: { application: 'http', port: 9880 },
  tcp: { application: 'other', port: 5170 },
  udp: { application: 'other', port: 5160, transport: 'udp' },
  syslog: { application: 'syslog', port: 5140, transport: 'udp' },
  gelf: { application: 'gelf', port: 12_201, transport: 'udp' },
  monitor_agent: { application: 'http', port: 24_220 },
  prometheus: { application: 'prometheus', port: 24_231 },
  opentelemetry: { application: 'otlp-http', port: 4318 },
};

interface Output {
  readonly keys: readonly string[];
  readonly application: Application;
  readonly port?: number;
  readonly transport?: Transport;
}

/** https://docs.fluentd.org/output and the plugins' own pages. */
const OUTPUTS: Readonly<Record<string, Output>> = {
  http: { keys: ['endpoint'], application: 'http' },
  elasticsearch: { keys: ['host', 'hosts'], application: 'elasticsearch', port: 9200 },
  elasticsearch_dynamic: { keys: ['host', 'hosts'], application: 'elasticsearch', port: 9200 },
  opensearch: { keys: ['host', 'hosts'], application: 'elasticsearch', port: 9200 },
  loki: { keys: ['url'], application: 'loki', port: 3100 },
  kafka2: { keys: ['brokers'], application: 'kafka', port: 9092 },
  kafka: { keys: ['brokers'], application: 'kafka', port: 9092 },
  rdkafka2: { keys: ['brokers'], application: 'kafka', port: 9092 },
  influxdb: { keys: ['host'], application: 'influx', port: 8086 },
  gelf: { keys: ['host'], application: 'gelf', port: 12_201, transport: 'udp' },
  remote_syslog: { keys: ['host'], application: 'syslog', port: 514, transport: 'udp' },
  splunk_hec: { keys: ['hec_host', 'host'], application: 'https', port: 8088 },
  mongo: { keys: ['host'], application: 'mongodb', port: 27_017 },
  redis: { keys: ['host'], application: 'redis', port: 6379 },
  opentelemetry: { keys: ['endpoint'], application: 'otlp-http' },
};

export const fluentd: Program = {
  name: 'fluentd',
  matches: (workload) => isImage(imageOf(workload), IMAGES),
  read: (_workload, context) => {
    const path =
      context.flag('-c', '--config')?.text ?? configPath(context.variable('FLUENTD_CONF')?.text ?? context.peek('FLUENT_CONF')?.text);
    const opened = openConfig(context, path === undefined ? DEFAULT_CONFIGS : [path], 'Fluentd');
    if (opened.config === undefined) {
      const own = opened.replaced ? [] : [defaultListener('the fluentd image', '0.0.0.0', 24_224, { application: 'fluent-forward' })];
      return facts({ listeners: own, problems: opened.problems, listenersKnown: !opened.replaced });
    }
    const { root, problems } = readFluentd(opened.config, context.resolve);
    return joinFacts([facts({ problems, listenersKnown: true }), ...readElements(root.children)]);
  },
};

/** `FLUENTD_CONF=custom.conf` names a file in the image's folder. */
function configPath(given: string | undefined): string | undefined {
  return given === undefined || given.startsWith('/') ? given : `/fluentd/etc/${given}`;
}

function readElements(elements: readonly Element[], at = ''): readonly AgentFacts[] {
  return elements.flatMap((element, index) => {
    const setting = `${at}<${element.tag}${element.argument === '' ? '' : ` ${element.argument}`}>[${index}]`;
    if (element.tag === 'source') return [readSource(element, setting)];
    if (element.tag === 'match' || element.tag === 'store')
      return [readMatch(element, setting), ...readElements(element.children, `${setting}.`)];
    return element.tag === 'label' || element.tag === 'secondary' || element.tag === 'worker'
      ? readElements(element.children, `${setting}.`)
      : [];
  });
}

const typeOf = ({ parameters }: Element): string => parameters.get('@type')?.text ?? parameters.get('type')?.text ?? '';

function readSource(element: Element, setting: string): AgentFacts {
  const type = typeOf(element);
  const plugin = Object.hasOwn(SOURCES, type) ? SOURCES[type] : undefined;
  if (plugin === undefined) return facts({});
  const http = type === 'opentelemetry' ? element.children.find(({ tag }) => tag === 'http')?.parameters : undefined;
  const parameters = http ?? element.parameters;
  const protocol = element.parameters.get('protocol_type')?.text ?? element.children.find(({ tag }) => tag === 'transport')?.argument;
  const transport = protocol === 'tcp' || protocol === 'tls' ? 'tcp' : (plugin.transport ?? 'tcp');
  const origin = element.parameters.get('@type')?.origin ?? element.origin;
  return listenAt(parameters.get('bind'), parameters.get('port'), {
    ...plugin,
    transport,
    setting: `${setting}.bind`,
    host: '0.0.0.0',
    any: IPV4_ONLY,
    origin,
  });
}

function readMatch(element: Element, setting: string): AgentFacts {
  const type = typeOf(element);
  if (type === 'forward')
    return joinFacts(
      element.children.filter(({ tag }) => tag === 'server').map((server, index) => readServer(server, `${setting}.<server>[${index}]`)),
    );
  const output = Object.hasOwn(OUTPUTS, type) ? OUTPUTS[type] : undefined;
  if (output === undefined) return facts({});
  const holder =
    type === 'opentelemetry'
      ? (element.children.find(({ tag }) => tag === 'http' || tag === 'grpc')?.parameters ?? element.parameters)
      : element.parameters;
  const found = output.keys.flatMap((key) => {
    const value = holder.get(key);
    return value === undefined ? [] : [{ key, value }];
  });
  return joinFacts(
    found.map(({ key, value }) =>
      dial(value, {
        setting: `${setting}.${key}`,
        purpose: 'sends to',
        application: output.application,
        ...(output.transport === undefined ? {} : { transport: output.transport }),
        ...(output.port === undefined ? {} : { port: output.port }),
        portValue: holder.get('port') ?? holder.get('hec_port'),
      }),
    ),
  );
}

function readServer(server: Element, setting: string): AgentFacts {
  const port = server.parameters.get('port');
  return dial(server.parameters.get('host'), {
    setting: `${setting}.host`,
    purpose: 'forwards to',
    application: 'fluent-forward',
    port: 24_224,
    portValue: port,
  });
}
