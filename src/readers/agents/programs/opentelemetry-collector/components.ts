/** What the Collector's components listen on and dial: https://github.com/open-telemetry/opentelemetry-collector-contrib, each component's README. */
import type { Application, Transport } from '../../../../network/model.ts';

export interface ListeningPart {
  /** Path inside of the component's settings to the map that holds `key`; it must be there when `required`. */
  readonly path: readonly string[];
  readonly key: string;
  readonly required: boolean;
  /** Undefined: there is no default, it must be written. */
  readonly port?: number;
  readonly transport?: Transport;
  readonly application: Application;
}

const part = (
  path: readonly string[],
  port: number | undefined,
  application: Application,
  more: Partial<ListeningPart> = {},
): ListeningPart => ({
  path,
  key: 'endpoint',
  required: path.length > 0,
  ...(port === undefined ? {} : { port }),
  application,
  ...more,
});

export const listeningReceivers: Readonly<Record<string, readonly ListeningPart[]>> = {
  otlp: [part(['protocols', 'grpc'], 4317, 'otlp-grpc'), part(['protocols', 'http'], 4318, 'otlp-http')],
  otelarrow: [part(['protocols', 'grpc'], 4317, 'otlp-grpc')],
  jaeger: [
    part(['protocols', 'grpc'], 14_250, 'jaeger'),
    part(['protocols', 'thrift_http'], 14_268, 'jaeger'),
    part(['protocols', 'thrift_compact'], 6831, 'jaeger', { transport: 'udp' }),
    part(['protocols', 'thrift_binary'], 6832, 'jaeger', { transport: 'udp' }),
  ],
  zipkin: [part([], 9411, 'zipkin')],
  statsd: [part([], 8125, 'statsd', { transport: 'udp' })],
  fluentforward: [part([], undefined, 'fluent-forward')],
  syslog: [
    part(['tcp'], undefined, 'syslog', { key: 'listen_address' }),
    part(['udp'], undefined, 'syslog', { key: 'listen_address', transport: 'udp' }),
  ],
  tcplog: [part([], undefined, 'other', { key: 'listen_address' })],
  udplog: [part([], undefined, 'other', { key: 'listen_address', transport: 'udp' })],
  carbon: [part([], 2003, 'graphite')],
  collectd: [part([], 8081, 'http')],
  influxdb: [part([], 8086, 'influx')],
  opencensus: [part([], 55_678, 'grpc')],
  splunk_hec: [part([], 8088, 'http')],
  signalfx: [part([], 9943, 'http')],
  skywalking: [part(['protocols', 'grpc'], 11_800, 'grpc'), part(['protocols', 'http'], 12_800, 'http')],
  loki: [part(['protocols', 'http'], 3500, 'loki'), part(['protocols', 'grpc'], 3600, 'loki')],
  datadog: [part([], 8126, 'http')],
  awsxray: [part([], 2000, 'other', { transport: 'udp' })],
  awsfirehose: [part([], 4433, 'https')],
  webhookevent: [part([], undefined, 'http')],
  wavefront: [part([], 2003, 'other')],
  prometheusremotewrite: [part([], 9090, 'prometheus')],
  libhoney: [part(['http'], 8080, 'http')],
};

export const listeningExporters: Readonly<Record<string, readonly ListeningPart[]>> = {
  prometheus: [part([], undefined, 'prometheus')],
};

export const listeningExtensions: Readonly<Record<string, readonly ListeningPart[]>> = {
  health_check: [part([], 13_133, 'http')],
  healthcheckv2: [part(['http'], 13_133, 'http')],
  zpages: [part([], 55_679, 'http')],
  pprof: [part([], 1777, 'http')],
  jaegerremotesampling: [part(['http'], 5778, 'http'), part(['grpc'], 14_250, 'grpc')],
};

export interface DiallingPart {
  readonly keys: readonly string[];
  readonly purpose: string;
  readonly application?: Application;
  readonly transport?: Transport;
  readonly port?: number;
  readonly control?: boolean;
}

const reads = (application: Application, port: number, keys: readonly string[] = ['endpoint']): DiallingPart => ({
  keys,
  purpose: 'reads from',
  application,
  port,
});

/** `*` in a path stands for the items of a list. */
export const diallingReceivers: Readonly<Record<string, DiallingPart>> = {
  kafka: reads('kafka', 9092, ['brokers']),
  kafkametrics: reads('kafka', 9092, ['brokers']),
  redis: reads('redis', 6379),
  postgresql: reads('postgres', 5432),
  mysql: reads('mysql', 3306),
  mongodb: reads('mongodb', 27_017, ['hosts.*.endpoint']),
  nginx: reads('http', 80),
  apache: reads('http', 80),
  haproxy: reads('http', 80),
  elasticsearch: reads('elasticsearch', 9200),
  rabbitmq: reads('http', 15_672),
  memcached: reads('other', 11_211),
  zookeeper: reads('other', 2181),
  couchdb: reads('http', 5984),
  flinkmetrics: reads('http', 8081),
  sqlserver: reads('other', 1433, ['server']),
  snmp: { keys: ['endpoint'], purpose: 'polls', application: 'snmp', transport: 'udp', port: 161 },
  httpcheck: { keys: ['targets.*.endpoint', 'targets.*.endpoints.*'], purpose: 'checks' },
  tcpcheck: { keys: ['targets.*.endpoint'], purpose: 'checks', application: 'other' },
  prometheus_simple: { keys: ['endpoint'], purpose: 'scrapes', application: 'http' },
  kubeletstats: { keys: ['endpoint'], purpose: 'reads from', application: 'https', port: 10_250 },
  docker_stats: { keys: ['endpoint'], purpose: 'reads from', application: 'http', port: 2375 },
  rabbitmqlogs: reads('amqp', 5672),
  vcenter: reads('https', 443),
  nsxt: reads('https', 443),
  jmx: reads('other', 1099),
  pulsar: reads('other', 6650),
};

const sends = (application: Application, port: number | undefined, keys: readonly string[] = ['endpoint']): DiallingPart => ({
  keys,
  purpose: 'exports to',
  application,
  ...(port === undefined ? {} : { port }),
});

export const diallingExporters: Readonly<Record<string, DiallingPart>> = {
  otlp: sends('otlp-grpc', 4317),
  otelarrow: sends('otlp-grpc', 4317),
  otlp_grpc: sends('otlp-grpc', 4317),
  otlphttp: sends('otlp-http', 4318, ['endpoint', 'traces_endpoint', 'metrics_endpoint', 'logs_endpoint', 'profiles_endpoint']),
  otlp_http: sends('otlp-http', 4318, ['endpoint', 'traces_endpoint', 'metrics_endpoint', 'logs_endpoint', 'profiles_endpoint']),
  prometheusremotewrite: sends('http', undefined),
  loki: sends('loki', undefined),
  kafka: sends('kafka', 9092, ['brokers']),
  elasticsearch: sends('elasticsearch', 9200, ['endpoint', 'endpoints']),
  opensearch: sends('elasticsearch', 9200, ['http.endpoint']),
  jaeger: sends('jaeger', 14_250),
  jaeger_thrift: sends('jaeger', 14_268, ['url', 'endpoint']),
  zipkin: sends('zipkin', 9411),
  clickhouse: sends('other', 9000),
  influxdb: sends('influx', 8086),
  splunk_hec: sends('https', 8088),
  fluentforward: sends('fluent-forward', 24_224),
  carbon: sends('graphite', 2003),
  pulsar: sends('other', 6650),
  cassandra: sends('other', 9042, ['dsn']),
  loadbalancing: sends('otlp-grpc', 4317, ['resolver.static.hostnames', 'resolver.dns.hostname']),
  signalfx: sends('https', 443, ['ingest_url', 'api_url']),
  logzio: sends('https', undefined),
  rabbitmq: sends('amqp', 5672, ['connection.endpoint']),
};

export const diallingExtensions: Readonly<Record<string, DiallingPart>> = {
  opamp: { keys: ['server.ws.endpoint', 'server.http.endpoint'], purpose: 'is managed by', application: 'http', control: true },
  oauth2client: { keys: ['token_url'], purpose: 'gets tokens from', application: 'http', control: true },
  oidc: { keys: ['issuer_url'], purpose: 'checks tokens with', application: 'http', control: true },
};
