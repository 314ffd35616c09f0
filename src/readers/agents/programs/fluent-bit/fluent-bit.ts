import type { Application, Transport } from '../../../../network/model.ts';
import { openConfig } from '../../config-file.ts';
import type { Context } from '../../context.ts';
import { dial, portOf } from '../../dial.ts';
import { readFluentBit } from '../../formats/fluent-bit.ts';
import type { Tree } from '../../formats/tree.ts';
import { entries, get, items, scalar } from '../../formats/tree.ts';
import { readYaml } from '../../formats/yaml.ts';
import { defaultListener, IPV4_ONLY, listenAt } from '../../listen.ts';
import { imageOf, isImage } from '../../parse/image-reference.ts';
import type { Value } from '../../parse/value.ts';
import { expand } from '../../parse/value.ts';
import type { AgentFacts, Program } from '../../program.ts';
import { facts, joinFacts } from '../../program.ts';

const IMAGES = [
  'fluent/fluent-bit',
  'bitnami/fluent-bit',
  'bitnamilegacy/fluent-bit',
  'aws-for-fluent-bit',
  'amazon/aws-for-fluent-bit',
  'aws-observability/aws-for-fluent-bit',
  'grafana/fluent-bit-plugin-loki',
  'newrelic/newrelic-fluentbit-output',
  'calyptia/*',
];
const DEFAULT_CONFIGS = [
  '/fluent-bit/etc/fluent-bit.yaml',
  '/fluent-bit/etc/fluent-bit.yml',
  '/fluent-bit/etc/fluent-bit.conf',
  '/opt/bitnami/fluent-bit/conf/fluent-bit.conf',
];

interface Plugin {
  readonly application: Application;
  readonly port: number;
  readonly transport?: Transport;
}

/** https://docs.fluentbit.io/manual/pipeline/inputs */
const INPUTS: Readonly<Record<string, Plugin>> = {
  forward: { application: 'fluent-forward', port: 24_224 },
  http: { application: 'http', port: 9880 },
  opentelemetry: { application: 'otlp-http', port: 4318 },
  tcp: { application: 'other', port: 5170 },
  udp: { application: 'other', port: 5170, transport: 'udp' },
  syslog: { application: 'syslog', port: 5140 },
  statsd: { application: 'statsd', port: 8125, transport: 'udp' },
  mqtt: { application: 'mqtt', port: 1883 },
  collectd: { application: 'other', port: 25_826, transport: 'udp' },
  elasticsearch: { application: 'elasticsearch', port: 9200 },
  splunk: { application: 'http', port: 8088 },
  prometheus_remote_write: { application: 'prometheus', port: 8080 },
};

const READING_INPUTS: Readonly<Record<string, Plugin>> = {
  prometheus_scrape: { application: 'http', port: 80 },
  nginx_metrics: { application: 'http', port: 80 },
  health: { application: 'other', port: 80 },
};

/** https://docs.fluentbit.io/manual/pipeline/outputs */
const OUTPUTS: Readonly<Record<string, Plugin>> = {
  forward: { application: 'fluent-forward', port: 24_224 },
  http: { application: 'http', port: 80 },
  es: { application: 'elasticsearch', port: 9200 },
  opensearch: { application: 'elasticsearch', port: 9200 },
  loki: { application: 'loki', port: 3100 },
  influxdb: { application: 'influx', port: 8086 },
  kafka: { application: 'kafka', port: 9092 },
  opentelemetry: { application: 'otlp-http', port: 80 },
  prometheus_remote_write: { application: 'http', port: 80 },
  splunk: { application: 'https', port: 8088 },
  syslog: { application: 'syslog', port: 514, transport: 'udp' },
  tcp: { application: 'other', port: 5170 },
  udp: { application: 'other', port: 5170, transport: 'udp' },
  gelf: { application: 'gelf', port: 12_201, transport: 'udp' },
  nats: { application: 'nats', port: 4222 },
  pgsql: { application: 'postgres', port: 5432 },
  'kafka-rest': { application: 'http', port: 8082 },
  datadog: { application: 'https', port: 443 },
  skywalking: { application: 'http', port: 12_800 },
};

export const fluentBit: Program = {
  name: 'fluent-bit',
  matches: (workload) => isImage(imageOf(workload), IMAGES),
  read: (_workload, context) => {
    const path = context.flag('-c', '--config')?.text;
    const opened = openConfig(context, path === undefined ? DEFAULT_CONFIGS : [path], 'Fluent Bit');
    if (opened.config === undefined) return facts({ problems: opened.problems, listenersKnown: false });
    const yaml = /\.ya?ml$/.test(opened.config.path);
    const { tree, problems } = yaml ? readYaml(opened.config) : readFluentBit(opened.config, context.mounted, context.resolve);
    const pipeline = get(tree, 'pipeline');
    return joinFacts([
      facts({ problems, listenersKnown: true }),
      ...items(get(pipeline, 'inputs')).map((input, index) => readInput(new Section(input, context), `pipeline.inputs[${index}]`)),
      ...items(get(pipeline, 'outputs')).map((output, index) => readOutput(new Section(output, context), `pipeline.outputs[${index}]`)),
      readService(new Section(get(tree, 'service'), context)),
    ]);
  },
};

/** A section's settings; names are taken without regard to case, as Fluent Bit does. */
class Section {
  readonly #values: ReadonlyMap<string, Value>;
  readonly origin: Value['origin'] | undefined;

  constructor(tree: Tree | undefined, context: Context) {
    this.origin = tree?.origin;
    this.#values = new Map(
      entries(tree).flatMap(([name, value]) => {
        const text = scalar(value);
        return text === undefined
          ? []
          : [[name.toLowerCase(), expand(text, { pattern: /\$\{(?<name>[^}]+)\}/g }, context.resolve)] as const];
      }),
    );
  }

  get(name: string): Value | undefined {
    return this.#values.get(name);
  }

  /** The plugin's name without regard to case: `Name forward`. */
  plugin(): string {
    return this.get('name')?.text.toLowerCase() ?? '';
  }
}

function readInput(section: Section, setting: string): AgentFacts {
  const name = section.plugin();
  const read = Object.hasOwn(READING_INPUTS, name) ? READING_INPUTS[name] : undefined;
  if (read !== undefined) {
    const what = {
      setting: `${setting}.host`,
      purpose: name === 'health' ? 'checks' : 'scrapes',
      application: read.application,
      port: read.port,
    };
    return dial(section.get('host'), { ...what, portValue: section.get('port') });
  }
  const plugin = Object.hasOwn(INPUTS, name) ? INPUTS[name] : undefined;
  const place = section.get('name')?.origin ?? section.origin;
  if (plugin === undefined || place === undefined || section.get('unix_path') !== undefined) return facts({});
  const mode = section.get('mode')?.text.toLowerCase();
  // Syslog's default mode is a Unix socket.
  if (name === 'syslog' && mode !== 'tcp' && mode !== 'udp') return facts({});
  const transport = mode === 'udp' ? 'udp' : (plugin.transport ?? 'tcp');
  const found = listenAt(section.get('listen') ?? section.get('host'), section.get('port'), {
    ...plugin,
    transport,
    setting: `${setting}.listen`,
    any: IPV4_ONLY,
    host: '0.0.0.0',
    origin: place,
  });
  return found;
}

function readOutput(section: Section, setting: string): AgentFacts {
  const name = section.plugin();
  const plugin = Object.hasOwn(OUTPUTS, name) ? OUTPUTS[name] : undefined;
  if (plugin === undefined) return facts({});
  const tls = section.get('tls')?.text.toLowerCase();
  const secure = tls === 'on' || tls === 'true';
  const application = plugin.application === 'http' && secure ? 'https' : plugin.application;
  const mode = section.get('mode')?.text.toLowerCase();
  const transport = mode === 'tcp' || mode === 'tls' || mode === 'udp' ? (mode === 'udp' ? 'udp' : 'tcp') : (plugin.transport ?? 'tcp');
  const key = name === 'kafka' ? 'brokers' : 'host';
  const defaultPort = plugin.port === 80 && secure ? 443 : plugin.port;
  return dial(section.get(key), {
    setting: `${setting}.${key}`,
    purpose: 'sends to',
    application,
    transport,
    port: portOf(section.get('port')?.text) ?? defaultPort,
    ...(section.get('port') === undefined ? {} : { portValue: section.get('port') }),
  });
}

function readService(section: Section): AgentFacts {
  const on = section.get('http_server')?.text.toLowerCase();
  if (on !== 'on' && on !== 'true') return facts({});
  const [host, port] = [section.get('http_listen'), section.get('http_port')];
  if (host === undefined && port === undefined)
    return facts({ listeners: [defaultListener('Fluent Bit', '0.0.0.0', 2020, { application: 'http' })] });
  return listenAt(host, port, {
    setting: 'service.http_listen',
    application: 'http',
    any: IPV4_ONLY,
    port: 2020,
    origin: (host ?? port)?.origin ?? { kind: 'default', text: '' },
  });
}
