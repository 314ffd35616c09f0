import type { Application, Transport } from '../../../network/model.ts';

export interface Scheme {
  readonly port?: number;
  readonly application: Application;
  readonly transport?: Transport;
}

/** URL schemes that name something on a network, with the port that their specification or their clients default to. */
const schemes: Readonly<Record<string, Scheme>> = {
  http: { port: 80, application: 'http' },
  https: { port: 443, application: 'https' },
  ws: { port: 80, application: 'http' },
  wss: { port: 443, application: 'https' },
  grpc: { application: 'grpc' },
  grpcs: { application: 'grpc' },
  dns: { application: 'grpc' },
  tcp: { application: 'other' },
  tcp4: { application: 'other' },
  tls: { application: 'other' },
  ssl: { application: 'other' },
  udp: { application: 'other', transport: 'udp' },
  udp4: { application: 'other', transport: 'udp' },
  redis: { port: 6379, application: 'redis' },
  rediss: { port: 6379, application: 'redis' },
  valkey: { port: 6379, application: 'redis' },
  postgres: { port: 5432, application: 'postgres' },
  postgresql: { port: 5432, application: 'postgres' },
  postgis: { port: 5432, application: 'postgres' },
  pgsql: { port: 5432, application: 'postgres' },
  timescaledb: { port: 5432, application: 'postgres' },
  mysql: { port: 3306, application: 'mysql' },
  mysql2: { port: 3306, application: 'mysql' },
  mariadb: { port: 3306, application: 'mysql' },
  mongodb: { port: 27017, application: 'mongodb' },
  'mongodb+srv': { application: 'mongodb' },
  amqp: { port: 5672, application: 'amqp' },
  amqps: { port: 5671, application: 'amqp' },
  pyamqp: { port: 5672, application: 'amqp' },
  nats: { port: 4222, application: 'nats' },
  kafka: { port: 9092, application: 'kafka' },
  plaintext: { port: 9092, application: 'kafka' },
  mqtt: { port: 1883, application: 'mqtt' },
  mqtts: { port: 8883, application: 'mqtt' },
  sqlserver: { port: 1433, application: 'other' },
  mssql: { port: 1433, application: 'other' },
  oracle: { port: 1521, application: 'other' },
  clickhouse: { port: 9000, application: 'other' },
  cassandra: { port: 9042, application: 'other' },
  bolt: { port: 7687, application: 'other' },
  neo4j: { port: 7687, application: 'other' },
  memcached: { port: 11211, application: 'other' },
  ldap: { port: 389, application: 'other' },
  ldaps: { port: 636, application: 'other' },
  smtp: { port: 25, application: 'other' },
  smtps: { port: 465, application: 'other' },
  ftp: { port: 21, application: 'other' },
  sftp: { port: 22, application: 'other' },
  statsd: { port: 8125, application: 'statsd', transport: 'udp' },
  etcd: { port: 2379, application: 'etcd' },
  consul: { port: 8500, application: 'consul' },
  zipkin: { port: 9411, application: 'zipkin' },
  zookeeper: { port: 2181, application: 'other' },
  zk: { port: 2181, application: 'other' },
  pulsar: { port: 6650, application: 'other' },
  rtsp: { port: 554, application: 'other' },
  'syslog+udp': { port: 514, application: 'syslog', transport: 'udp' },
  'syslog+tcp': { port: 514, application: 'syslog' },
  influxdb: { port: 8086, application: 'influx' },
};

/** Undefined for what is no network address (`unix`, `file`, `sqlite`, `s3`, `data`) and for what we do not know. */
export function schemeOf(name: string): Scheme | undefined {
  // Celery writes `db+` before the URL of a database that keeps results.
  const lower = name.toLowerCase().replace(/^db\+/, '');
  if (Object.hasOwn(schemes, lower)) return schemes[lower];
  // SQLAlchemy and Rails write the driver behind a plus: postgresql+asyncpg, mysql+pymysql, redis+sentinel.
  const [base = '', driver] = lower.split('+');
  if (driver === undefined || !Object.hasOwn(schemes, base)) return undefined;
  return driver === 'unix' || driver === 'srv' || driver === 'socket' ? undefined : schemes[base];
}
