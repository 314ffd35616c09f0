import type { Application, Transport } from '../../../../network/model.ts';
import { openTree } from '../../config-file.ts';
import { dial } from '../../dial.ts';
import { get, scalar, select } from '../../formats/tree.ts';
import { readYaml } from '../../formats/yaml.ts';
import { DUAL_STACK, listen, listenAt, listener } from '../../listen.ts';
import { imageOf, isBefore, isImage } from '../../parse/image-reference.ts';
import type { AgentFacts, Program } from '../../program.ts';
import { facts, joinFacts } from '../../program.ts';

const RECEIVERS: readonly (readonly [path: readonly string[], port: number, application: Application, transport?: Transport])[] = [
  [['otlp', 'protocols', 'grpc'], 4317, 'otlp-grpc'],
  [['otlp', 'protocols', 'http'], 4318, 'otlp-http'],
  [['jaeger', 'protocols', 'grpc'], 14_250, 'jaeger'],
  [['jaeger', 'protocols', 'thrift_http'], 14_268, 'jaeger'],
  [['jaeger', 'protocols', 'thrift_compact'], 6831, 'jaeger', 'udp'],
  [['jaeger', 'protocols', 'thrift_binary'], 6832, 'jaeger', 'udp'],
  [['zipkin'], 9411, 'zipkin'],
];

/** https://grafana.com/docs/tempo/latest/configuration/ — its receivers are the Collector's, and their default address turned to localhost in 2.7. */
export const tempo: Program = {
  name: 'tempo',
  matches: (workload) => isImage(imageOf(workload), ['grafana/tempo', 'bitnami/grafana-tempo']),
  read: (_workload, context) => {
    const path = context.flag('-config.file', '--config.file')?.text;
    const { tree, problems } = openTree(
      context,
      path === undefined ? ['/etc/tempo.yaml', '/etc/tempo.yml', '/etc/tempo/tempo.yaml', '/etc/tempo/config.yaml'] : [path],
      'Tempo',
      readYaml,
    );
    const host = isBefore(context.image?.version, [2, 7, 0]) ? DUAL_STACK : '127.0.0.1';
    const server = (kind: 'http' | 'grpc', port: number) =>
      listenAt(scalar(get(tree, 'server', `${kind}_listen_address`)), scalar(get(tree, 'server', `${kind}_listen_port`)), {
        setting: `server.${kind}_listen_port`,
        application: kind,
        any: DUAL_STACK,
        port,
        origin: { kind: 'default', text: `default of Tempo: listens on [::]:${port}` },
      });
    return joinFacts([
      facts({ problems, listenersKnown: true }),
      // The built-in default of this port has changed between versions; the image's own file says 3200.
      tree !== undefined && get(tree, 'server', 'http_listen_port') === undefined ? facts({}) : server('http', 3200),
      server('grpc', 9095),
      ...RECEIVERS.map(([path, port, application, transport]) =>
        readReceiver(get(tree, 'distributor', 'receivers'), path, port, application, transport ?? 'tcp', host),
      ),
      ...select(tree, 'metrics_generator.storage.remote_write.*.url').map(([url, at]) =>
        dial(url, { setting: at, purpose: 'writes metrics to', application: 'http' }),
      ),
      ...select(tree, 'storage.trace.s3.endpoint').map(([url, at]) =>
        dial(url, { setting: at, purpose: 'stores in', application: 'http', port: 80 }),
      ),
    ]);
  },
};

function readReceiver(
  receivers: ReturnType<typeof get>,
  path: readonly string[],
  port: number,
  application: Application,
  transport: Transport,
  host: string,
): AgentFacts {
  const parent = get(receivers, ...path.slice(0, -1));
  const entry = parent?.kind === 'map' ? parent.entries.get(path.at(-1) ?? '') : undefined;
  if (entry === undefined) return facts({});
  const endpoint = scalar(get(entry.value, 'endpoint'));
  const setting = `distributor.receivers.${path.join('.')}.endpoint`;
  if (endpoint !== undefined) return listen(endpoint, { setting, any: DUAL_STACK, application, transport, port });
  return facts({ listeners: [listener(host, port, entry.key.origin, { application, transport, knowledge: 'assumed' })] });
}
