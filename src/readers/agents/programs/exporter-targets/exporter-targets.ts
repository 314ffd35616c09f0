import type { Application } from '../../../../network/model.ts';
import { dial } from '../../dial.ts';
import { imageOf, isImage } from '../../parse/image-reference.ts';
import type { Program } from '../../program.ts';
import { joinFacts } from '../../program.ts';

interface Target {
  readonly images: readonly string[];
  /** `--flag`, `-flag` or `env:NAME`. */
  readonly settings: readonly string[];
  readonly application: Application;
  readonly port?: number;
}

/** Where exporters that watch one thing are told which. */
const TARGETS: readonly Target[] = [
  {
    images: ['*/postgres-exporter', '*/postgres_exporter'],
    settings: ['env:DATA_SOURCE_NAME', 'env:DATA_SOURCE_URI'],
    application: 'postgres',
    port: 5432,
  },
  {
    images: ['*/redis_exporter', '*/redis-exporter'],
    settings: ['--redis.addr', '-redis.addr', 'env:REDIS_ADDR'],
    application: 'redis',
    port: 6379,
  },
  {
    images: ['*/mongodb_exporter', '*/mongodb-exporter'],
    settings: ['--mongodb.uri', 'env:MONGODB_URI'],
    application: 'mongodb',
    port: 27_017,
  },
  { images: ['*/mysqld-exporter'], settings: ['env:DATA_SOURCE_NAME', '--mysqld.address'], application: 'mysql', port: 3306 },
  {
    images: ['*/elasticsearch-exporter', '*/elasticsearch_exporter'],
    settings: ['--es.uri', 'env:ES_URI'],
    application: 'elasticsearch',
    port: 9200,
  },
  { images: ['*/kafka-exporter'], settings: ['--kafka.server'], application: 'kafka', port: 9092 },
  {
    images: ['*/nginx-prometheus-exporter', '*/nginx-exporter'],
    settings: ['--nginx.scrape-uri', '-nginx.scrape-uri', 'env:SCRAPE_URI', 'env:NGINX_SCRAPE_URI'],
    application: 'http',
  },
  { images: ['*/apache-exporter'], settings: ['--scrape_uri'], application: 'http' },
  { images: ['*/haproxy-exporter'], settings: ['--haproxy.scrape-uri'], application: 'http' },
  { images: ['*/memcached-exporter'], settings: ['--memcached.address'], application: 'other', port: 11_211 },
  { images: ['*/consul-exporter'], settings: ['--consul.server'], application: 'consul', port: 8500 },
  { images: ['*/rabbitmq-exporter'], settings: ['env:RABBIT_URL'], application: 'http' },
];

export const exporterTargets: Program = {
  name: 'exporter-targets',
  matches: (workload) => TARGETS.some(({ images }) => isImage(imageOf(workload), images)),
  read: (workload, context) => {
    const targets = TARGETS.filter(({ images }) => isImage(imageOf(workload), images));
    return joinFacts(
      targets.flatMap(({ settings, application, port }) =>
        settings
          .flatMap((setting) =>
            (setting.startsWith('env:') ? [context.variable(setting.slice(4))] : context.flagAll(setting)).map((value) => ({
              value,
              setting: setting.replace(/^env:/, ''),
            })),
          )
          .map(({ value, setting }) =>
            dial(value, { setting, purpose: 'reads from', application, ...(port === undefined ? {} : { port }) }),
          ),
      ),
    );
  },
};
