/** What the name of an environment variable says about its value. A convention, so every rule here errs on the side of silence. */
import type { Application, Transport } from '../../../../network/model.ts';

export type KeyKind =
  /** A URL or address that the container dials. */
  | 'dial'
  /** A host name alone, with its port in a sibling. */
  | 'host'
  /** A URL that a browser opens. */
  | 'browser'
  /** What others outside use to reach this service. */
  | 'outside'
  /** A browser's URL unless its host is another container of the input: `API_BASE_URL`. */
  | 'browser-or-dial'
  /** An address to listen on. */
  | 'listen'
  | 'none';

/** Baked into pages by their bundlers: the reader is always a browser. */
const BUNDLED = /^(?:VITE|NEXT_PUBLIC|NUXT_PUBLIC|REACT_APP|VUE_APP|GATSBY|EXPO_PUBLIC|PUBLIC|STORYBOOK|NG_APP|ANGULAR)_/;
const NOT_DIALLED =
  /(?:^|_)(?:ADVERTISED?|ALLOWED|ALLOW|TRUSTED|WHITELIST|ALLOWLIST|BLACKLIST|NO_PROXY|IGNORED?|EXCLUDED?|VIRTUAL_HOST|LETSENCRYPT_HOST|CSRF|COOKIE|REGEX|PATTERN|TEMPLATE|FORMAT|PATH|IMAGE|VERSION|LICENSE|NAMESPACE_URI|JMX_HOST|JMX_HOSTNAME|RMI_HOST|RMI_HOSTNAME)(?:_|$)/;
const OUTSIDE =
  /(?:^|_)(?:EXTERNAL|PUBLIC|CALLBACK|REDIRECT|LOGOUT|CORS|ORIGINS?|DOMAINS?|WEBHOOK|HOMEPAGE|WEBSITE|CANONICAL|PERMALINK|SHARE|DOCS|SUPPORT|HELP|LOGO|AVATAR|ICON|FAVICON|INSTANCE|TUNNEL)(?:_|$)/;
const BROWSER =
  /(?:^|_)(?:APP|ROOT|SITE|WEB|WEBUI|UI|FRONTEND|FRONT_END|CLIENT|CDN|ASSETS?|STATIC|MEDIA|DASHBOARD|PORTAL|LOGIN|ADMIN|HOST|HOSTNAME|PUBLISH|WWW|OVERWRITE|MY|NEXTAUTH|AUTH|SELF)_(?:URL|URI)S?$/;
const BASE = /(?:^|_)(?:BASE)_?(?:URL|URI)$|^URL$/;
const LISTEN =
  /(?:^|_)(?:LISTEN|BIND|LISTENER|BINDING|LISTENS?_ON)(?:_(?:ADDR(?:ESS)?(?:ES)?|HOST|IP|INTERFACE|ON|TO|PORT|URL|HTTP))*$|(?:^|_)(?:LISTEN|BIND)(?:ING)?_/;
const DIAL =
  /(?:^|_)(?:URLS?|URIS?|ENDPOINTS?|ADDRS?|ADDRESS(?:ES)?|SERVERS?|BROKERS?|BROKER_LIST|BOOTSTRAP|DSN|CONNECT|UPSTREAMS?|TARGETS?|PEERS|HOSTS|CONNECTION_STRING|NODES|INSTANCES|COLLECTOR|DATASOURCE|CONNECTION|BACKEND|BOOTSTRAP_?SERVERS?|SCHEMA_?REGISTRY|KSQLDB_?SERVER|ZOOKEEPER|SEEDS)$/;
const GLUED = /^(?:[A-Z0-9]+)(?:URL|URI|DSN)$/;
const HOST = /(?:^|_)(?:HOST|HOSTNAME|SERVICE_HOST)$|(?:^|_)(?:PG|MONGO|REDIS|MYSQL|DB|SMTP|KAFKA|ELASTIC)HOST$/;
const PROXY = /^(?:HTTP|HTTPS|ALL)_PROXY$/;

export function kindOf(name: string): KeyKind {
  const key = normalize(name);
  if (PROXY.test(key)) return 'dial';
  if (NOT_DIALLED.test(key)) return 'none';
  if (LISTEN.test(key)) return 'listen';
  if (BUNDLED.test(key)) return DIAL.test(key) || HOST.test(key) || BASE.test(key) ? 'browser' : 'none';
  if (OUTSIDE.test(key)) return DIAL.test(key) || GLUED.test(key) ? 'outside' : 'none';
  if (BROWSER.test(key)) return 'browser';
  if (BASE.test(key)) return 'browser-or-dial';
  if (DIAL.test(key) || GLUED.test(key)) return 'dial';
  return HOST.test(key) && key !== 'HOST' && key !== 'HOSTNAME' ? 'host' : 'none';
}

/** A key of which no rule says that its value is for somebody else: a URL with another container's name behind it is dialled. */
export function isOpenKey(name: string): boolean {
  const key = normalize(name);
  return !NOT_DIALLED.test(key) && !OUTSIDE.test(key) && !BUNDLED.test(key) && !LISTEN.test(key);
}

/** Schemes that nobody opens in a browser: a value of such a URL is dialled whatever its key is called. */
export const isServiceUrl = (value: string): boolean =>
  /^(?:jdbc:)?(?:rediss?|postgres(?:ql)?|mysql|mariadb|mongodb|amqps?|pyamqp|nats|mqtts?|kafka)(?:\+\w+)?:\/\//i.test(value);

/** Names under which a program is told its own address as often as somebody else's: loopback behind them says nothing. */
export const isOwnOrOther = (name: string): boolean =>
  /^(?:(?:APP|SERVER|HTTP|WEB|API|SERVICE|NODE|MAIN)_HOST(?:NAME)?|(?:.*_)?(?:METRICS|HTTP|GRPC|WEB|ADMIN|API|DEBUG|PPROF|HEALTH|RPC|SERVER)_ADDR(?:ESS)?)$/.test(
    normalize(name),
  );

/** `spring.datasource.url` and `my-url` are set the same way as `SPRING_DATASOURCE_URL`. */
const normalize = (name: string): string => name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_');

/** The names of the port that belongs to a host: `DB_HOST` → `DB_PORT`, `PGHOST` → `PGPORT`. */
export function portNames(name: string): readonly string[] {
  const stem = name.replace(/(?:HOSTNAME|HOST|SERVER|ADDRESS|ADDR|URL|hostname|host|server|address|addr)$/, '');
  if (stem === '' || stem === name) return [];
  return [`${stem}PORT`, `${stem}port`, ...(stem.endsWith('_SERVICE_') ? [`${stem}PORT_HTTP`] : [])];
}

export interface Convention {
  readonly port?: number;
  readonly application: Application;
  readonly transport?: Transport;
}

/** What is spoken with a thing of that name, and the port that its clients take when none is given. */
const conventions: readonly (readonly [RegExp, Convention])[] = [
  [/REDIS|VALKEY/, { port: 6379, application: 'redis' }],
  [/POSTGRES|PGSQL|^PG/, { port: 5432, application: 'postgres' }],
  [/MYSQL|MARIADB|^WORDPRESS_DB|^PMA_/, { port: 3306, application: 'mysql' }],
  [/MONGO/, { port: 27017, application: 'mongodb' }],
  [/RABBIT|AMQP/, { port: 5672, application: 'amqp' }],
  [/ZOOKEEPER/, { port: 2181, application: 'other' }],
  [/SCHEMA_?REGISTRY/, { application: 'http' }],
  [/KSQLDB/, { application: 'http' }],
  [/KAFKA|REDPANDA/, { port: 9092, application: 'kafka' }],
  [/BOOTSTRAP|BROKERS?$|BROKER_LIST/, { application: 'kafka' }],
  [/ELASTIC|OPENSEARCH|(?:^|_)ES(?:_|$)/, { port: 9200, application: 'elasticsearch' }],
  [/INFLUX/, { port: 8086, application: 'influx' }],
  [/MQTT|MOSQUITTO/, { port: 1883, application: 'mqtt' }],
  [/(?:^|_)NATS/, { port: 4222, application: 'nats' }],
  [/CONSUL/, { port: 8500, application: 'consul' }],
  [/ETCD/, { port: 2379, application: 'etcd' }],
  [/(?:^|_)LOKI/, { port: 3100, application: 'loki' }],
  [/STATSD/, { port: 8125, application: 'statsd', transport: 'udp' }],
  [/GRAPHITE|CARBON/, { port: 2003, application: 'graphite' }],
  [/^ZBX_.*SERVER/, { port: 10_051, application: 'zabbix' }],
  [/GELF/, { port: 12201, application: 'gelf', transport: 'udp' }],
  [/SYSLOG/, { port: 514, application: 'syslog', transport: 'udp' }],
  [/FLUENTD?(?:_|$)|FLUENT_BIT/, { port: 24224, application: 'fluent-forward' }],
  [/ZIPKIN/, { port: 9411, application: 'zipkin' }],
  [/CASSANDRA/, { port: 9042, application: 'other' }],
  [/MEMCACHE/, { port: 11211, application: 'other' }],
  [/VAULT/, { port: 8200, application: 'http' }],
];

export function conventionOf(name: string): Convention | undefined {
  const key = normalize(name);
  return conventions.find(([pattern]) => pattern.test(key))?.[1];
}

/** Registration, heartbeats, configuration and management; everything else moves data. */
export const isControl = (name: string): boolean =>
  /(?<!SCHEMA_?)REGIST|HEARTBEAT|OPAMP|(?:^|_)(?:CONFIG|CONTROL|MANAGEMENT|FLEET|ENROLL?|DISCOVERY|EUREKA|CONSUL|ETCD|ZOOKEEPER)(?:_|$)/.test(
    normalize(name),
  );
