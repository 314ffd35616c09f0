import type { Workload } from '../../../../network/model.ts';
import { openTree } from '../../config-file.ts';
import { dial } from '../../dial.ts';
import type { Tree } from '../../formats/tree.ts';
import { get, scalar, select, text } from '../../formats/tree.ts';
import { readYaml } from '../../formats/yaml.ts';
import { DUAL_STACK, listenAt } from '../../listen.ts';
import { imageOf, isImage } from '../../parse/image-reference.ts';
import { expand, shellStyle } from '../../parse/value.ts';
import type { AgentFacts, Program } from '../../program.ts';
import { facts, joinFacts } from '../../program.ts';

/** Grafana's databases are configured alike (dskit's server block): path of the image's configuration and default ports. */
const DATABASES: readonly {
  readonly images: readonly string[];
  readonly name: string;
  readonly configs: readonly string[];
  readonly http: number;
  readonly grpc: number;
}[] = [
  {
    images: ['grafana/loki', 'bitnami/grafana-loki'],
    name: 'Loki',
    configs: ['/etc/loki/local-config.yaml', '/etc/loki/config.yaml'],
    http: 3100,
    grpc: 9095,
  },
  {
    images: ['grafana/mimir', 'bitnami/grafana-mimir'],
    name: 'Mimir',
    configs: ['/etc/mimir/demo.yaml', '/etc/mimir.yaml'],
    http: 8080,
    grpc: 9095,
  },
  { images: ['grafana/pyroscope'], name: 'Pyroscope', configs: ['/etc/pyroscope/config.yaml'], http: 4040, grpc: 9095 },
];

const of = (workload: Parameters<Program['matches']>[0]) => DATABASES.find(({ images }) => isImage(imageOf(workload), images));

/** https://grafana.com/docs/loki/latest/configure/ */
export const loki: Program = {
  name: 'loki',
  matches: (workload) => of(workload) !== undefined,
  read: (workload, context) => {
    const database = of(workload);
    if (database === undefined) return facts({});
    const path = context.flag('-config.file', '--config.file')?.text;
    const { tree, problems } = openTree(context, path === undefined ? database.configs : [path], database.name, readYaml);
    const server = (kind: 'http' | 'grpc') =>
      listenAt(
        scalar(get(tree, 'server', `${kind}_listen_address`)),
        context.flag(`-server.${kind}-listen-port`) ?? scalar(get(tree, 'server', `${kind}_listen_port`)),
        {
          setting: `server.${kind}_listen_port`,
          application: kind === 'http' ? (database.name === 'Loki' ? 'loki' : 'http') : 'grpc',
          any: DUAL_STACK,
          port: database[kind],
          origin: { kind: 'default', text: `default of ${database.name}: listens on [::]:${database[kind]}` },
        },
      );
    const expanding = context.hasFlag('-config.expand-env', '--config.expand-env');
    return joinFacts([
      facts({ problems, listenersKnown: true }),
      server('http'),
      server('grpc'),
      get(tree, 'memberlist') === undefined
        ? facts({})
        : listenAt(undefined, scalar(get(tree, 'memberlist', 'bind_port')), {
            setting: 'memberlist.bind_port',
            application: 'other',
            any: DUAL_STACK,
            port: 7946,
            origin: { kind: 'default', text: `default of ${database.name}: members of the ring listen on [::]:7946` },
          }),
      readDialled(tree, (value) => (expanding ? expand(value, shellStyle, context.resolve) : value), hasRules(tree, workload)),
    ]);
  },
};

/**
 * The configuration that comes with the image, which everybody copies, names an Alertmanager on localhost. It is dialled
 * only when there are rules, so that without rules the line says nothing.
 */
const ALERTMANAGER = 'ruler.alertmanager_url';

const DIALLED = [
  [ALERTMANAGER, 'sends alerts to', 80, 'data'],
  ['frontend.downstream_url', 'queries', 80, 'data'],
  ['frontend_worker.frontend_address', 'works for', 9095, 'control'],
  ['frontend_worker.scheduler_address', 'works for', 9095, 'control'],
  ['query_range.results_cache.cache.redis.endpoint', 'caches in', 6379, 'data'],
  ['memberlist.join_members', 'joins the ring through', 7946, 'control'],
  ['common.storage.s3.endpoint', 'stores in', 80, 'data'],
  ['storage_config.aws.endpoint', 'stores in', 80, 'data'],
  ['common.ring.kvstore.consul.host', 'keeps its ring in', 8500, 'control'],
] as const;

type Read = (value: Parameters<typeof expand>[0]) => Parameters<typeof expand>[0];

function readDialled(tree: Tree | undefined, read: Read, rules: boolean): AgentFacts {
  return joinFacts(
    DIALLED.flatMap(([path, purpose, port, plane]) =>
      // A member of the ring may be the process itself, and is named without a port where it is.
      select(tree, path)
        .filter(([value]) => rules || !(path === ALERTMANAGER && /^https?:\/\/(?:localhost|127\.0\.0\.1)\b/.test(value.text)))
        .map(([value, at]) =>
          dial(read(value), {
            setting: at,
            purpose,
            port,
            plane,
            application: port === 6379 ? 'redis' : port === 8500 ? 'consul' : 'other',
          }),
        ),
    ),
  );
}

/** Somebody mounted a folder of rules, or keeps them in a store that is not a folder of the container. */
function hasRules(tree: Tree | undefined, workload: Workload): boolean {
  const folder =
    text(get(tree, 'ruler', 'storage', 'local', 'directory')) ?? text(get(tree, 'common', 'storage', 'filesystem', 'rules_directory'));
  if (folder === undefined) return text(get(tree, 'ruler', 'storage', 'type')) !== undefined;
  const path = folder.replace(/\/+$/, '');
  return workload.mounts.some(({ kind, target }) => kind !== 'volume' && (target === path || target.startsWith(`${path}/`)));
}
