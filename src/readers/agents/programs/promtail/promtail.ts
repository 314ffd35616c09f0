import { openTree } from '../../config-file.ts';
import { dial } from '../../dial.ts';
import { get, items, scalar } from '../../formats/tree.ts';
import { readYaml } from '../../formats/yaml.ts';
import { DUAL_STACK, listen, listenAt } from '../../listen.ts';
import { imageOf, isImage } from '../../parse/image-reference.ts';
import type { Value } from '../../parse/value.ts';
import { expand, shellStyle } from '../../parse/value.ts';
import type { AgentFacts, Program } from '../../program.ts';
import { facts, joinFacts } from '../../program.ts';

/** https://grafana.com/docs/loki/latest/send-data/promtail/configuration/ */
export const promtail: Program = {
  name: 'promtail',
  matches: (workload) => isImage(imageOf(workload), ['grafana/promtail', 'bitnami/promtail']),
  read: (_workload, context) => {
    const path = context.flag('-config.file', '--config.file')?.text;
    const { tree, problems } = openTree(
      context,
      path === undefined ? ['/etc/promtail/config.yml', '/etc/promtail/config.yaml'] : [path],
      'Promtail',
      readYaml,
    );
    // Variables are replaced only when it is asked for.
    const expanding = context.hasFlag('-config.expand-env', '--config.expand-env');
    const read = (value: Value | undefined) => (value === undefined || !expanding ? value : expand(value, shellStyle, context.resolve));
    const clients = items(get(tree, 'clients')).map((client, index) => [scalar(get(client, 'url')), `clients[${index}].url`] as const);
    return joinFacts([
      facts({ problems, listenersKnown: true }),
      ...[...clients, [scalar(get(tree, 'client', 'url')), 'client.url'] as const].map(([url, setting]) =>
        dial(read(url), { setting, purpose: 'sends logs to', application: 'loki', port: 3100 }),
      ),
      dial(context.flag('-client.url', '--client.url'), {
        setting: '-client.url',
        purpose: 'sends logs to',
        application: 'loki',
        port: 3100,
      }),
      ...items(get(tree, 'scrape_configs')).map((job, index) =>
        readJob(get(job, 'syslog', 'listen_address'), get(job, 'push_api', 'server'), `scrape_configs[${index}]`),
      ),
      tree === undefined ? facts({}) : readServer(tree),
    ]);
  },
};

type Found = ReturnType<typeof get>;

function readJob(syslog: Found, push: Found, setting: string): AgentFacts {
  const place = push === undefined ? undefined : (scalar(get(push, 'http_listen_port'))?.origin ?? push.origin);
  return joinFacts([
    listen(scalar(syslog), { setting: `${setting}.syslog.listen_address`, application: 'syslog', any: DUAL_STACK }),
    place === undefined
      ? facts({})
      : listenAt(scalar(get(push, 'http_listen_address')), scalar(get(push, 'http_listen_port')), {
          setting: `${setting}.push_api`,
          application: 'loki',
          any: DUAL_STACK,
          port: 3500,
          origin: place,
        }),
  ]);
}

function readServer(tree: NonNullable<Found>): AgentFacts {
  const server = get(tree, 'server');
  const port = scalar(get(server, 'http_listen_port'));
  if (scalar(get(server, 'disable'))?.text === 'true' || port?.text === '0') return facts({});
  return listenAt(scalar(get(server, 'http_listen_address')), port, {
    setting: 'server.http_listen_port',
    application: 'http',
    any: DUAL_STACK,
    port: 80,
    origin: { kind: 'default', text: 'default of Promtail: listens on [::]:80' },
  });
}
