import type { Application } from '../../../../network/model.ts';
import { openTree } from '../../config-file.ts';
import type { Context } from '../../context.ts';
import { dial } from '../../dial.ts';
import type { Tree } from '../../formats/tree.ts';
import { get, select } from '../../formats/tree.ts';
import { readYaml } from '../../formats/yaml.ts';
import { imageOf } from '../../parse/image-reference.ts';
import type { Value } from '../../parse/value.ts';
import { expand } from '../../parse/value.ts';
import type { AgentFacts, Program } from '../../program.ts';
import { facts, joinFacts } from '../../program.ts';

const BEATS = ['filebeat', 'metricbeat', 'heartbeat', 'packetbeat', 'auditbeat'];

interface Output {
  readonly path: string;
  readonly application: Application;
  readonly port: number;
  readonly purpose: string;
}

const OUTPUTS: readonly Output[] = [
  { path: 'output.elasticsearch.hosts', application: 'elasticsearch', port: 9200, purpose: 'sends to' },
  { path: 'output.logstash.hosts', application: 'other', port: 5044, purpose: 'sends to' },
  { path: 'output.kafka.hosts', application: 'kafka', port: 9092, purpose: 'sends to' },
  { path: 'output.redis.hosts', application: 'redis', port: 6379, purpose: 'sends to' },
  { path: 'setup.kibana.host', application: 'http', port: 5601, purpose: 'sets up dashboards in' },
];

/** https://www.elastic.co/guide/en/beats/filebeat/current/configuring-output.html */
export const beats: Program = {
  name: 'beats',
  matches: (workload) => beatOf(imageOf(workload)?.repository) !== undefined,
  read: (_workload, context) => {
    const beat = beatOf(context.image?.repository) ?? 'filebeat';
    const given = context.flag('-c', '--c')?.text;
    const path = given?.startsWith('/') === true ? given : `/usr/share/${beat}/${given ?? `${beat}.yml`}`;
    const { tree, problems } = openTree(context, [path], beat, readYaml);
    // `-E output.elasticsearch.hosts=["es:9200"]` overrides the file.
    const modules = select(tree, `${beat}.modules.*.hosts.*`).map(([value, at]) =>
      dial(read(value, context), { setting: at, purpose: 'reads from', bare: false }),
    );
    const outputs = OUTPUTS.flatMap((output) => readOutput(tree, output, context));
    return joinFacts([facts({ problems }), ...modules, ...outputs]);
  },
};

/** Beats take `output.elasticsearch:` with `hosts:` inside, and `output.elasticsearch.hosts:` as one key. */
function readOutput(tree: Tree | undefined, { path, application, port, purpose }: Output, context: Context): readonly AgentFacts[] {
  const [first = '', second = '', last = ''] = path.split('.');
  const holders = [
    get(tree, first, second, last),
    get(tree, `${first}.${second}`, last),
    get(tree, path),
    get(tree, first, `${second}.${last}`),
  ];
  const found = holders.find((holder) => holder !== undefined);
  const wrapped =
    found === undefined
      ? undefined
      : ({
          kind: 'map',
          entries: new Map([['x', { key: { text: 'x', origin: found.origin }, value: found }]]),
          origin: found.origin,
        } as const);
  return select(wrapped, 'x').map(([value, at]) =>
    dial(read(value, context), { setting: at.replace(/^x/, path), purpose, application, port, portWinsOverScheme: true }),
  );
}

/** `${NAME}`, `${NAME:default}`. */
const read = (value: Value, context: Context): Value =>
  expand(value, { pattern: /\$\{(?<name>\w+)(?::(?<fallback>[^}]*))?\}/g }, context.resolve);

function beatOf(repository: string | undefined): string | undefined {
  const name =
    repository
      ?.split('/')
      .at(-1)
      ?.replace(/-(?:oss|wolfi)$/, '') ?? '';
  return BEATS.includes(name) ? name : undefined;
}
