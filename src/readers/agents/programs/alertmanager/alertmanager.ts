import { openTree } from '../../config-file.ts';
import { dial } from '../../dial.ts';
import { get, scalar, walkMaps } from '../../formats/tree.ts';
import { readYaml } from '../../formats/yaml.ts';
import { imageOf, isImage } from '../../parse/image-reference.ts';
import type { AgentFacts, Program } from '../../program.ts';
import { facts, joinFacts } from '../../program.ts';

/** https://prometheus.io/docs/alerting/latest/configuration/ — what it listens on is in `images/`. */
export const alertmanager: Program = {
  name: 'alertmanager',
  matches: (workload) => isImage(imageOf(workload), ['prom/alertmanager', 'prometheus/alertmanager', 'bitnami/alertmanager']),
  read: (_workload, context) => {
    const path = context.flag('--config.file', '-config.file')?.text;
    const { tree, problems } = openTree(
      context,
      path === undefined ? ['/etc/alertmanager/alertmanager.yml', '/etc/alertmanager/config.yml'] : [path],
      'Alertmanager',
      readYaml,
    );
    const found: AgentFacts[] = [facts({ problems })];
    walkMaps(get(tree, 'receivers'), (map, at) => {
      const key = ['url', 'api_url', 'webhook_url'].find((name) => get(map, name) !== undefined);
      if (key !== undefined)
        found.push(dial(scalar(get(map, key)), { setting: `receivers${at}.${key}`, purpose: 'notifies', application: 'http' }));
      found.push(
        dial(scalar(get(map, 'smarthost')), {
          setting: `receivers${at}.smarthost`,
          purpose: 'sends mail through',
          application: 'other',
          port: 25,
        }),
      );
    });
    found.push(
      dial(scalar(get(tree, 'global', 'smtp_smarthost')), {
        setting: 'global.smtp_smarthost',
        purpose: 'sends mail through',
        application: 'other',
        port: 25,
      }),
    );
    const peers = context
      .flagAll('--cluster.peer')
      .map((peer) =>
        dial(peer, { setting: '--cluster.peer', purpose: 'gossips with', plane: 'control', application: 'other', port: 9094 }),
      );
    return joinFacts([...found, ...peers]);
  },
};
