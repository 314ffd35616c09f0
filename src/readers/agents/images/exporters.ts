/** Prometheus exporters and telemetry tools: Go programs with `--web.listen-address`, unless their entry says otherwise. */
import type { ImageEntry } from './entry.ts';

const exporter = (
  program: string,
  port: number,
  images: readonly string[],
  at: readonly string[] = ['--web.listen-address', '-web.listen-address'],
): ImageEntry => ({
  program,
  images,
  listeners: [{ port, application: 'prometheus', address: '::', at }],
  source: 'https://github.com/prometheus/prometheus/wiki/Default-port-allocations',
});

export const exporters: readonly ImageEntry[] = [
  exporter('node_exporter', 9100, ['prom/node-exporter', 'prometheus/node-exporter', 'bitnami/node-exporter']),
  exporter('blackbox_exporter', 9115, ['prom/blackbox-exporter', 'prometheus/blackbox-exporter', 'bitnami/blackbox-exporter']),
  exporter('snmp_exporter', 9116, ['prom/snmp-exporter', 'prometheus/snmp-exporter']),
  exporter('Pushgateway', 9091, ['prom/pushgateway', 'prometheus/pushgateway', 'bitnami/pushgateway']),
  exporter('Alertmanager', 9093, ['prom/alertmanager', 'prometheus/alertmanager', 'bitnami/alertmanager']),
  exporter('mysqld_exporter', 9104, ['prom/mysqld-exporter', 'prometheus/mysqld-exporter', 'bitnami/mysqld-exporter']),
  exporter(
    'postgres_exporter',
    9187,
    ['prometheuscommunity/postgres-exporter', 'bitnami/postgres-exporter', 'wrouesnel/postgres_exporter'],
    ['--web.listen-address', 'env:PG_EXPORTER_WEB_LISTEN_ADDRESS'],
  ),
  exporter(
    'redis_exporter',
    9121,
    ['oliver006/redis_exporter', 'bitnami/redis-exporter'],
    ['--web.listen-address', '-web.listen-address', 'env:REDIS_EXPORTER_WEB_LISTEN_ADDRESS'],
  ),
  exporter('mongodb_exporter', 9216, ['percona/mongodb_exporter', 'bitnami/mongodb-exporter']),
  exporter('elasticsearch_exporter', 9114, [
    'prometheuscommunity/elasticsearch-exporter',
    'justwatch/elasticsearch_exporter',
    'bitnami/elasticsearch-exporter',
  ]),
  exporter('kafka_exporter', 9308, ['danielqsj/kafka-exporter', 'bitnami/kafka-exporter']),
  exporter('nginx-prometheus-exporter', 9113, ['nginx/nginx-prometheus-exporter', 'bitnami/nginx-exporter']),
  exporter(
    'apache_exporter',
    9117,
    ['lusotycoon/apache-exporter', 'bitnami/apache-exporter'],
    ['--telemetry.address', '--web.listen-address'],
  ),
  exporter('haproxy_exporter', 9101, ['prom/haproxy-exporter']),
  exporter('memcached_exporter', 9150, ['prom/memcached-exporter', 'bitnami/memcached-exporter']),
  exporter('consul_exporter', 9107, ['prom/consul-exporter']),
  exporter('process-exporter', 9256, ['ncabatoff/process-exporter']),
  exporter('systemd_exporter', 9558, ['prometheuscommunity/systemd-exporter']),
  exporter('json_exporter', 7979, ['prometheuscommunity/json-exporter']),
  exporter('smartctl_exporter', 9633, ['prometheuscommunity/smartctl-exporter']),
  exporter('nats exporter', 7777, ['natsio/prometheus-nats-exporter'], []),
  exporter('dcgm-exporter', 9400, ['nvidia/dcgm-exporter', 'nvidia/k8s/dcgm-exporter'], ['-a', '--address', 'env:DCGM_EXPORTER_LISTEN']),
  exporter('speedtest exporter', 9798, ['miguelndecarvalho/speedtest-exporter'], []),
  {
    program: 'statsd_exporter',
    images: ['prom/statsd-exporter', 'prometheus/statsd-exporter'],
    listeners: [
      { port: 9102, application: 'prometheus', address: '::', at: ['--web.listen-address'] },
      { port: 9125, transport: 'udp', application: 'statsd', address: '::', at: ['--statsd.listen-udp'] },
      { port: 9125, transport: 'tcp', application: 'statsd', address: '::', at: ['--statsd.listen-tcp'] },
    ],
    source: 'https://github.com/prometheus/statsd_exporter',
  },
  {
    program: 'graphite_exporter',
    images: ['prom/graphite-exporter'],
    listeners: [
      { port: 9108, application: 'prometheus', address: '::', at: ['--web.listen-address'] },
      { port: 9109, transport: 'udp', application: 'graphite', address: '::', at: ['--graphite.listen-address'] },
      { port: 9109, transport: 'tcp', application: 'graphite', address: '::', at: ['--graphite.listen-address'] },
    ],
    source: 'https://github.com/prometheus/graphite_exporter',
  },
  {
    program: 'influxdb_exporter',
    images: ['prom/influxdb-exporter'],
    listeners: [
      { port: 9122, application: 'prometheus', address: '::', at: ['--web.listen-address'] },
      { port: 9122, transport: 'udp', application: 'influx', address: '::', at: ['--udp.bind-address'] },
    ],
    source: 'https://github.com/prometheus/influxdb_exporter',
  },
  {
    program: 'cAdvisor',
    images: ['google/cadvisor', 'cadvisor/cadvisor', 'cadvisor'],
    listeners: [{ port: 8080, application: 'prometheus', address: '::', host: ['--listen_ip', '-listen_ip'], portOf: ['--port', '-port'] }],
    source: 'https://github.com/google/cadvisor/blob/master/docs/runtime_options.md',
  },
];
