import type { Application, Transport } from '../../../../network/model.ts';
import { openTree } from '../../config-file.ts';
import type { Context } from '../../context.ts';
import { dial } from '../../dial.ts';
import { readToml } from '../../formats/toml.ts';
import type { Tree } from '../../formats/tree.ts';
import { entries, get, items, scalar, scalars } from '../../formats/tree.ts';
import { DUAL_STACK, listen } from '../../listen.ts';
import { imageOf, isImage } from '../../parse/image-reference.ts';
import type { Value } from '../../parse/value.ts';
import { expand, shellStyle } from '../../parse/value.ts';
import type { AgentFacts, Program } from '../../program.ts';
import { facts, joinFacts } from '../../program.ts';

/** Plugins that listen: the setting, its default, what is spoken (https://docs.influxdata.com/telegraf/v1/plugins/). */
const LISTENING: Readonly<
  Record<string, readonly [key: string, port: number | undefined, application: Application, transport?: Transport]>
> = {
  'inputs.statsd': ['service_address', 8125, 'statsd', 'udp'],
  'inputs.http_listener_v2': ['service_address', 8080, 'http'],
  'inputs.influxdb_listener': ['service_address', 8186, 'influx'],
  'inputs.influxdb_v2_listener': ['service_address', 8086, 'influx'],
  'inputs.socket_listener': ['service_address', undefined, 'other'],
  'inputs.syslog': ['server', 6514, 'syslog'],
  'inputs.opentelemetry': ['service_address', 4317, 'otlp-grpc'],
  'inputs.snmp_trap': ['service_address', 162, 'snmp', 'udp'],
  'inputs.webhooks': ['service_address', 1619, 'http'],
  'inputs.zipkin': ['port', 9411, 'zipkin'],
  'outputs.prometheus_client': ['listen', 9273, 'prometheus'],
  'outputs.health': ['service_address', 8080, 'http'],
};

const KEYS = [
  'urls',
  'url',
  'servers',
  'server',
  'brokers',
  'address',
  'addresses',
  'hosts',
  'uri',
  'dsn',
  'endpoint',
  'endpoints',
  'service_address',
  'host',
  'agents',
  'nodes',
  'gather_service',
  'bootstrap_servers',
];

/** What is spoken with the things that plugins dial, and the port when none is written. */
const SPOKEN: Readonly<Record<string, readonly [application: Application, port?: number, transport?: Transport]>> = {
  influxdb: ['influx', 8086],
  influxdb_v2: ['influx', 8086],
  kafka: ['kafka', 9092],
  kafka_consumer: ['kafka', 9092],
  elasticsearch: ['elasticsearch', 9200],
  opensearch: ['elasticsearch', 9200],
  loki: ['loki', 3100],
  redis: ['redis', 6379],
  postgresql: ['postgres', 5432],
  postgresql_extensible: ['postgres', 5432],
  pgbouncer: ['postgres', 6432],
  mysql: ['mysql', 3306],
  mongodb: ['mongodb', 27_017],
  mqtt: ['mqtt', 1883],
  mqtt_consumer: ['mqtt', 1883],
  amqp: ['amqp', 5672],
  amqp_consumer: ['amqp', 5672],
  nats: ['nats', 4222],
  nats_consumer: ['nats', 4222],
  rabbitmq: ['http', 15_672],
  memcached: ['other', 11_211],
  zookeeper: ['other', 2181],
  graphite: ['graphite', 2003],
  snmp: ['snmp', 161, 'udp'],
  opentelemetry: ['otlp-grpc', 4317],
  consul: ['consul', 8500],
  prometheus: ['http', 80],
  http: ['http'],
  http_response: ['http'],
  net_response: ['other'],
  nginx: ['http'],
  apache: ['http'],
  haproxy: ['http'],
  vault: ['http', 8200],
};

/** Plugins whose keys of those names are no addresses on a network. */
const SILENT = new Set([
  'docker',
  'docker_log',
  'exec',
  'execd',
  'file',
  'tail',
  'ping',
  'dns_query',
  'x509_cert',
  'cpu',
  'mem',
  'disk',
  'net',
  'win_services',
  'procstat',
  'systemd_units',
]);

export const telegraf: Program = {
  name: 'telegraf',
  matches: (workload) => isImage(imageOf(workload), ['telegraf', 'bitnami/telegraf', 'influxdata/telegraf', 'rawkode/telegraf']),
  read: (_workload, context) => {
    const given = context
      .flagAll('--config', '-config')
      .map((value) => value.text)
      .filter((path) => path.startsWith('/'));
    const opened = openTree(
      context,
      given.length > 0 ? given : ['/etc/telegraf/telegraf.conf', '/etc/telegraf.conf'],
      'Telegraf',
      readToml,
    );
    const kinds = ['inputs', 'outputs'] as const;
    const plugins = kinds.flatMap((kind) =>
      entries(get(opened.tree, kind)).flatMap(([name, list]) =>
        items(list).map((plugin, index) => readPlugin(kind, name, plugin, `${kind}.${name}[${index}]`, context)),
      ),
    );
    return joinFacts([facts({ problems: opened.problems, listenersKnown: true }), ...plugins]);
  },
};

const resolve = (value: Value, context: Context): Value => expand(value, shellStyle, context.resolve);

function readPlugin(kind: 'inputs' | 'outputs', name: string, plugin: Tree, setting: string, context: Context): AgentFacts {
  const id = `${kind}.${name}`;
  const listening = Object.hasOwn(LISTENING, id) ? LISTENING[id] : undefined;
  if (listening !== undefined) return readListening(listening, plugin, setting, context);
  if (SILENT.has(name)) return facts({});
  const [application, port, transport] = (Object.hasOwn(SPOKEN, name) ? SPOKEN[name] : undefined) ?? [];
  const options = {
    purpose: kind === 'inputs' ? 'reads from' : 'sends to',
    ...(application === undefined ? {} : { application }),
    ...(port === undefined ? {} : { port }),
    ...(transport === undefined ? {} : { transport }),
  };
  // A plugin that we do not know: only what is an address beyond doubt.
  const bare = application !== undefined;
  return joinFacts(
    KEYS.flatMap((key) =>
      scalars(get(plugin, key)).map(([value, at]) =>
        dial(resolve(value, context), { ...options, bare, setting: `${setting}.${key}${at}` }),
      ),
    ),
  );
}

function readListening(listening: (typeof LISTENING)[string], plugin: Tree, setting: string, context: Context): AgentFacts {
  const [key, port, application, transport] = listening;
  const value = scalar(get(plugin, key));
  const given = value === undefined ? undefined : resolve(value, context);
  const written = /^(tcp|udp|unix|http)/.exec(given?.text ?? '')?.[1];
  if (written === 'unix') return facts({});
  const spoken = { application, transport: written === 'udp' ? 'udp' : written === undefined ? (transport ?? 'tcp') : 'tcp' } as const;
  if (given !== undefined)
    return listen(given, { ...spoken, setting: `${setting}.${key}`, any: DUAL_STACK, ...(port === undefined ? {} : { port }) });
  if (port === undefined) return facts({});
  return facts({ listeners: [{ address: DUAL_STACK, port, ...spoken, knowledge: 'assumed', origin: plugin.origin }] });
}
