import { openTree } from '../../config-file.ts';
import { get } from '../../formats/tree.ts';
import { DUAL_STACK, defaultListener, listen } from '../../listen.ts';
import { imageOf, isImage } from '../../parse/image-reference.ts';
import type { Program } from '../../program.ts';
import { facts, joinFacts } from '../../program.ts';
import { readAlertmanagers, readRemotes, readScrapeConfigs } from '../../scrape-config.ts';

const IMAGES = [
  'prom/prometheus',
  'prometheus/prometheus',
  'bitnami/prometheus',
  'bitnamilegacy/prometheus',
  'ubuntu/prometheus',
  'chainguard/prometheus',
];
const DEFAULT_CONFIGS = [
  '/etc/prometheus/prometheus.yml',
  '/etc/prometheus/prometheus.yaml',
  '/opt/bitnami/prometheus/conf/prometheus.yml',
];

/** https://prometheus.io/docs/prometheus/latest/configuration/configuration/ */
export const prometheus: Program = {
  name: 'prometheus',
  matches: (workload) => isImage(imageOf(workload), IMAGES),
  read: (_workload, context) => {
    const path = context.flag('--config.file', '-config.file')?.text;
    const opened = openTree(context, path === undefined ? DEFAULT_CONFIGS : [path], 'Prometheus');
    const { tree, config } = opened;
    const address = context.flag('--web.listen-address', '-web.listen-address');
    const listening =
      address === undefined
        ? facts({ listeners: [defaultListener('Prometheus', DUAL_STACK, 9090, { application: 'prometheus' })] })
        : listen(address, { setting: '--web.listen-address', any: DUAL_STACK, application: 'prometheus' });
    const reading = config === undefined ? undefined : { config, mounted: context.mounted };
    const dialled =
      reading === undefined
        ? []
        : [
            readScrapeConfigs(get(tree, 'scrape_configs'), 'scrape_configs', reading),
            readRemotes(get(tree, 'remote_write'), 'remote_write', 'writes metrics to', reading),
            readRemotes(get(tree, 'remote_read'), 'remote_read', 'reads metrics from', reading),
            readAlertmanagers(get(tree, 'alerting', 'alertmanagers'), 'alerting.alertmanagers', reading),
          ];
    return joinFacts([listening, ...dialled, facts({ problems: opened.problems, listenersKnown: true })]);
  },
};
