import type { Application } from '../../../../network/model.ts';
import { openConfig } from '../../config-file.ts';
import type { Context } from '../../context.ts';
import { dial } from '../../dial.ts';
import type { Tree } from '../../formats/tree.ts';
import { get, items, scalar, text } from '../../formats/tree.ts';
import { readYaml } from '../../formats/yaml.ts';
import { DUAL_STACK, listenAt } from '../../listen.ts';
import { imageOf, isImage } from '../../parse/image-reference.ts';
import type { ConfigText } from '../../parse/mounted.ts';
import { coveringMount } from '../../parse/mounted.ts';
import { expand, shellStyle } from '../../parse/value.ts';
import type { AgentFacts, Program } from '../../program.ts';
import { facts, joinFacts } from '../../program.ts';

const FOLDER = '/etc/grafana/provisioning/datasources';
/** Grafana reads every YAML file of the folder; these are the names that people give where the whole folder is mounted. */
const USUAL_NAMES = [
  'datasource',
  'datasources',
  'default',
  'all',
  'automatic',
  'prometheus',
  'loki',
  'tempo',
  'influxdb',
  'main',
  'ds',
  'prometheus_ds',
  'elasticsearch',
  'graphite',
  'datasource-prometheus',
];

/** What is spoken with a data source of a type, and its port where the URL has none and no scheme. */
const TYPES: Readonly<Record<string, readonly [Application, number?]>> = {
  prometheus: ['http'],
  loki: ['loki'],
  tempo: ['http'],
  jaeger: ['http'],
  zipkin: ['zipkin'],
  elasticsearch: ['elasticsearch'],
  'grafana-opensearch-datasource': ['elasticsearch'],
  influxdb: ['influx'],
  graphite: ['http'],
  postgres: ['postgres', 5432],
  'grafana-postgresql-datasource': ['postgres', 5432],
  mysql: ['mysql', 3306],
  mssql: ['other', 1433],
  alertmanager: ['http'],
  'redis-datasource': ['redis', 6379],
  'grafana-clickhouse-datasource': ['http'],
};

const IMAGES = ['grafana/grafana', 'grafana/grafana-oss', 'grafana/grafana-enterprise', 'bitnami/grafana', 'grafana/grafana-image'];

export const grafana: Program = {
  name: 'grafana',
  matches: (workload) => isImage(imageOf(workload), IMAGES),
  read: (_workload, context) => {
    const sources = datasourceFiles(context);
    const database = context.variable('GF_DATABASE_HOST');
    const application = context.peek('GF_DATABASE_TYPE')?.text === 'mysql' ? 'mysql' : 'postgres';
    return joinFacts([
      listenAt(context.variable('GF_SERVER_HTTP_ADDR'), context.variable('GF_SERVER_HTTP_PORT'), {
        setting: 'GF_SERVER_HTTP_PORT',
        application: 'http',
        any: DUAL_STACK,
        port: 3000,
        origin: { kind: 'default', text: 'default of Grafana: listens on [::]:3000' },
      }),
      facts({ problems: sources.problems, listenersKnown: true }),
      ...sources.files.map((file) => readDatasources(file, context)),
      dial(context.variable('GF_DATABASE_URL'), { setting: 'GF_DATABASE_URL', purpose: 'stores in' }),
      dial(database, { setting: 'GF_DATABASE_HOST', purpose: 'stores in', application, port: application === 'mysql' ? 3306 : 5432 }),
      dial(context.variable('GF_RENDERING_SERVER_URL'), {
        setting: 'GF_RENDERING_SERVER_URL',
        purpose: 'has panels rendered by',
        application: 'http',
      }),
      dial(context.variable('GF_RENDERING_CALLBACK_URL'), {
        setting: 'GF_RENDERING_CALLBACK_URL',
        purpose: 'is called back by the renderer at',
        evaluator: 'outside',
        generic: true,
      }),
      dial(context.variable('GF_SERVER_ROOT_URL'), {
        setting: 'GF_SERVER_ROOT_URL',
        purpose: 'is opened at',
        evaluator: 'browser',
        generic: true,
        bare: false,
      }),
      dial(context.variable('GF_SMTP_HOST'), { setting: 'GF_SMTP_HOST', purpose: 'sends mail through', application: 'other', port: 25 }),
      dial(context.variable('GF_REMOTE_CACHE_CONNSTR'), { setting: 'GF_REMOTE_CACHE_CONNSTR', purpose: 'caches in', bare: false }),
    ]);
  },
};

interface Found {
  readonly files: readonly ConfigText[];
  readonly problems: AgentFacts['problems'];
}

function datasourceFiles(context: Context): Found {
  const folder = context.peek('GF_PATHS_PROVISIONING')?.text;
  const base = folder === undefined ? FOLDER : `${folder.replace(/\/+$/, '')}/datasources`;
  const single = context.workload.mounts.filter(
    ({ target, kind }) => kind !== 'tmpfs' && target.startsWith(`${base}/`) && /\.ya?ml$/.test(target),
  );
  const opened = single.map(({ target }) => openConfig(context, [target], 'Grafana'));
  const files = opened.flatMap(({ config }) => (config === undefined ? [] : [config]));
  const problems = opened.flatMap((one) => one.problems);
  const mount = coveringMount(context.workload, `${base}/x.yaml`);
  if (mount === undefined) return { files, problems };
  const named = USUAL_NAMES.flatMap((name) => [`${base}/${name}.yml`, `${base}/${name}.yaml`]).flatMap((path) => {
    const file = context.mounted(path);
    return file.kind === 'text' ? [file.config] : [];
  });
  if (named.length > 0 || files.length > 0) return { files: [...files, ...named], problems };
  const message = `data sources of Grafana come from "${mount.source ?? mount.target}"; none of the usual file names is there`;
  return {
    files,
    problems: [
      ...problems,
      { severity: 'gap', code: 'config-unreadable', message, hint: 'what Grafana queries is not known', origin: mount.origin },
    ],
  };
}

/** https://grafana.com/docs/grafana/latest/administration/provisioning/#data-sources */
function readDatasources(config: ConfigText, context: Context): AgentFacts {
  const { tree, problems } = readYaml(config);
  const found = items(get(tree, 'datasources')).map((source, index) => readDatasource(source, `datasources[${index}].url`, context));
  return joinFacts([facts({ problems }), ...found]);
}

function readDatasource(source: Tree, setting: string, context: Context): AgentFacts {
  const url = scalar(get(source, 'url')) ?? scalar(get(source, 'jsonData', 'url'));
  const type = text(get(source, 'type')) ?? '';
  const [application, port] = (Object.hasOwn(TYPES, type) ? TYPES[type] : undefined) ?? [];
  if (url === undefined) return facts({});
  const access = text(get(source, 'access'));
  return dial(expand(url, shellStyle, context.resolve), {
    setting,
    purpose: 'queries',
    evaluator: access === 'direct' || access === 'browser' ? 'browser' : 'container',
    ...(application === undefined ? {} : { application }),
    ...(port === undefined ? {} : { port }),
  });
}
