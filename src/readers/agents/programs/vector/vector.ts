import type { Application, Transport } from '../../../../network/model.ts';
import { openTree } from '../../config-file.ts';
import type { Context } from '../../context.ts';
import { dial } from '../../dial.ts';
import type { Tree } from '../../formats/tree.ts';
import { entries, get, scalar, select, text } from '../../formats/tree.ts';
import { IPV4_ONLY, listen } from '../../listen.ts';
import { imageOf, isImage } from '../../parse/image-reference.ts';
import type { Value } from '../../parse/value.ts';
import { expand, shellStyle } from '../../parse/value.ts';
import type { AgentFacts, Program } from '../../program.ts';
import { facts, joinFacts } from '../../program.ts';

const DEFAULT_CONFIGS = ['/etc/vector/vector.yaml', '/etc/vector/vector.yml', '/etc/vector/vector.toml', '/etc/vector/vector.json'];

/** Sources that listen (https://vector.dev/docs/reference/configuration/sources/); a port where there is a default. */
const LISTENING: Readonly<Record<string, { readonly application: Application; readonly port?: number; readonly transport?: Transport }>> = {
  fluent: { application: 'fluent-forward' },
  http: { application: 'http' },
  http_server: { application: 'http' },
  logstash: { application: 'other' },
  splunk_hec: { application: 'http', port: 8088 },
  socket: { application: 'other' },
  statsd: { application: 'statsd' },
  syslog: { application: 'syslog' },
  vector: { application: 'grpc' },
  datadog_agent: { application: 'http' },
  prometheus_remote_write: { application: 'prometheus' },
  prometheus_pushgateway: { application: 'prometheus' },
  aws_kinesis_firehose: { application: 'http' },
  heroku_logs: { application: 'http' },
  websocket_server: { application: 'http' },
};

const SOURCE_KEYS: Readonly<Record<string, readonly [application: Application, port: number, ...keys: string[]]>> = {
  kafka: ['kafka', 9092, 'bootstrap_servers'],
  http_client: ['http', 80, 'endpoint'],
  http_scrape: ['http', 80, 'endpoint'],
  prometheus_scrape: ['http', 80, 'endpoints'],
  nginx_metrics: ['http', 80, 'endpoints'],
  apache_metrics: ['http', 80, 'endpoints'],
  mongodb_metrics: ['mongodb', 27_017, 'endpoints'],
  postgresql_metrics: ['postgres', 5432, 'endpoints'],
  redis: ['redis', 6379, 'url'],
  nats: ['nats', 4222, 'url'],
  amqp: ['amqp', 5672, 'connection_string'],
  mqtt: ['mqtt', 1883, 'host'],
  pulsar: ['other', 6650, 'endpoint'],
};

const SINKS: Readonly<Record<string, Application>> = {
  elasticsearch: 'elasticsearch',
  loki: 'loki',
  kafka: 'kafka',
  influxdb_logs: 'influx',
  influxdb_metrics: 'influx',
  redis: 'redis',
  nats: 'nats',
  amqp: 'amqp',
  mqtt: 'mqtt',
  vector: 'grpc',
  opentelemetry: 'otlp-http',
  postgres: 'postgres',
  http: 'http',
  clickhouse: 'http',
  prometheus_remote_write: 'http',
  splunk_hec_logs: 'http',
  splunk_hec_metrics: 'http',
  statsd: 'statsd',
};

/** Sinks that have a default port of their own. */
const SINK_PORTS: Readonly<Record<string, number>> = { kafka: 9092, redis: 6379, nats: 4222, mqtt: 1883, postgres: 5432 };
const SINK_KEYS = ['endpoint', 'endpoints', 'bootstrap_servers', 'address', 'url', 'uri', 'connection_string', 'host', 'protocol.uri'];

export const vector: Program = {
  name: 'vector',
  matches: (workload) => isImage(imageOf(workload), ['timberio/vector', 'vectordotdev/vector', 'bitnami/vector']),
  read: (_workload, context) => {
    const given = context.flagAll('--config', '-c', '--config-toml', '--config-yaml', '--config-json').map((value) => value.text);
    const fromEnvironment = context.variable('VECTOR_CONFIG')?.text;
    const opened = openTree(
      context,
      given.length > 0 ? given : fromEnvironment === undefined ? DEFAULT_CONFIGS : [fromEnvironment],
      'Vector',
    );
    if (opened.tree === undefined) return facts({ problems: opened.problems });
    const { tree } = opened;
    return joinFacts([
      facts({ problems: opened.problems, listenersKnown: true }),
      ...entries(get(tree, 'sources')).map(([name, source]) => readSource(source, `sources.${name}`, context)),
      ...entries(get(tree, 'sinks')).map(([name, sink]) => readSink(sink, `sinks.${name}`, context)),
      readApi(get(tree, 'api'), context),
    ]);
  },
};

const resolve = (value: Value, context: Context): Value => expand(value, shellStyle, context.resolve);

function readSource(source: Tree, setting: string, context: Context): AgentFacts {
  const type = text(get(source, 'type')) ?? '';
  const [application, port, ...keys] = (Object.hasOwn(SOURCE_KEYS, type) ? SOURCE_KEYS[type] : undefined) ?? ['other' as const, 0];
  const read = keys
    .flatMap((key) => select(source, key))
    .map(([value, at]) => dial(resolve(value, context), { setting: `${setting}.${at}`, purpose: 'reads from', application, port }));
  if (type === 'opentelemetry') {
    const otlp = (['grpc', 'http'] as const).map((kind) =>
      readListening(get(source, kind, 'address'), `${setting}.${kind}.address`, { application: `otlp-${kind}` }, context),
    );
    return joinFacts(otlp);
  }
  const listening = Object.hasOwn(LISTENING, type) ? LISTENING[type] : undefined;
  if (listening === undefined) return joinFacts(read);
  const mode = text(get(source, 'mode'));
  if (mode?.startsWith('unix') === true) return facts({});
  return joinFacts([
    ...read,
    readListening(get(source, 'address'), `${setting}.address`, { ...listening, transport: mode === 'udp' ? 'udp' : 'tcp' }, context),
  ]);
}

type Options = { readonly application: Application; readonly port?: number; readonly transport?: Transport };

function readListening(address: Tree | undefined, setting: string, options: Options, context: Context): AgentFacts {
  const value = scalar(address);
  return value === undefined ? facts({}) : listen(resolve(value, context), { ...options, setting, any: IPV4_ONLY });
}

function readSink(sink: Tree, setting: string, context: Context): AgentFacts {
  const type = text(get(sink, 'type')) ?? '';
  if (type === 'prometheus_exporter')
    return readListening(get(sink, 'address'), `${setting}.address`, { application: 'prometheus', port: 9598 }, context);
  const application = Object.hasOwn(SINKS, type) ? SINKS[type] : undefined;
  const port = Object.hasOwn(SINK_PORTS, type) ? SINK_PORTS[type] : undefined;
  const transport = text(get(sink, 'mode')) === 'udp' ? 'udp' : 'tcp';
  return joinFacts(
    SINK_KEYS.flatMap((key) => select(sink, key)).map(([value, at]) =>
      dial(resolve(value, context), {
        setting: `${setting}.${at}`,
        purpose: 'sends to',
        transport,
        ...(application === undefined ? {} : { application }),
        ...(port === undefined ? {} : { port }),
        portValue: scalar(get(sink, 'port')),
      }),
    ),
  );
}

/** The API is off by default; when it is on it listens on loopback unless an address is given. */
function readApi(api: Tree | undefined, context: Context): AgentFacts {
  if (text(get(api, 'enabled')) !== 'true') return facts({});
  const address = get(api, 'address');
  if (address !== undefined) return readListening(address, 'api.address', { application: 'http', port: 8686 }, context);
  const place = scalar(get(api, 'enabled'))?.origin;
  return place === undefined
    ? facts({})
    : facts({
        listeners: [{ address: '127.0.0.1', port: 8686, transport: 'tcp', application: 'http', knowledge: 'assumed', origin: place }],
      });
}
