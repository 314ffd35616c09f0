import type { Workload } from '../../../../network/model.ts';
import { openTree } from '../../config-file.ts';
import type { Context } from '../../context.ts';
import { dial } from '../../dial.ts';
import { get } from '../../formats/tree.ts';
import { DUAL_STACK, defaultListener, listen } from '../../listen.ts';
import { imageOf, isImage } from '../../parse/image-reference.ts';
import { expand } from '../../parse/value.ts';
import type { AgentFacts, Program } from '../../program.ts';
import { facts, joinFacts } from '../../program.ts';
import { readAlertmanagers, readScrapeConfigs } from '../../scrape-config.ts';

/** Components and the port of their `-httpListenAddr` (https://docs.victoriametrics.com/). */
const COMPONENTS: readonly (readonly [image: string, port: number])[] = [
  ['victoriametrics/victoria-metrics', 8428],
  ['victoriametrics/vmagent', 8429],
  ['victoriametrics/vmalert', 8880],
  ['victoriametrics/vmauth', 8427],
  ['victoriametrics/vminsert', 8480],
  ['victoriametrics/vmselect', 8481],
  ['victoriametrics/vmstorage', 8482],
  ['victoriametrics/victoria-logs', 9428],
  ['victoriametrics/victoria-traces', 10428],
  ['victoriametrics/vmanomaly', 8490],
];

const DIALLED: readonly (readonly [flag: string, purpose: string, port?: number])[] = [
  ['remoteWrite.url', 'writes metrics to'],
  ['remoteRead.url', 'reads metrics from'],
  ['datasource.url', 'queries'],
  ['notifier.url', 'sends alerts to'],
  ['storageNode', 'stores in'],
];

const portOfComponent = (workload: Workload) => COMPONENTS.find(([image]) => isImage(imageOf(workload), [image]))?.[1];

/** vmagent, vmalert and the databases; their flags take one or two dashes. */
export const victoriaMetrics: Program = {
  name: 'victoria-metrics',
  matches: (workload) => portOfComponent(workload) !== undefined,
  read: (workload, context) => {
    const names = (flag: string) => [`-${flag}`, `--${flag}`];
    const port = portOfComponent(workload) ?? 8428;
    const address = context.flag(...names('httpListenAddr'));
    const listening =
      address === undefined
        ? facts({ listeners: [defaultListener(workload.image?.value ?? 'VictoriaMetrics', DUAL_STACK, port, { application: 'http' })] })
        : listen(address, { setting: '-httpListenAddr', any: DUAL_STACK, application: 'http' });
    // What vminsert and vmselect dial, on the storage node of a cluster.
    const storage = isImage(imageOf(workload), ['victoriametrics/vmstorage'])
      ? [defaultListener('vmstorage', DUAL_STACK, 8400), defaultListener('vmstorage', DUAL_STACK, 8401)]
      : [];
    const dialled = DIALLED.flatMap(([flag, purpose]) =>
      context
        .flagAll(...names(flag))
        .map((value) => dial(value, { setting: `-${flag}`, purpose, application: 'http', port: flag === 'storageNode' ? 8400 : 80 })),
    );
    const ingestion = (['graphiteListenAddr', 'influxListenAddr', 'opentsdbListenAddr'] as const).map((flag) =>
      listen(context.flag(...names(flag)), {
        setting: `-${flag}`,
        any: DUAL_STACK,
        application: flag === 'graphiteListenAddr' ? 'graphite' : 'influx',
      }),
    );
    return joinFacts([
      listening,
      facts({ listeners: storage }),
      ...dialled,
      ...ingestion,
      readScrape(context, names('promscrape.config')),
      facts({ listenersKnown: true }),
    ]);
  },
};

function readScrape(context: Context, flag: readonly string[]): AgentFacts {
  const path = context.flag(...flag)?.text;
  if (path === undefined) return facts({});
  const { tree, config, problems } = openTree(context, [path], 'vmagent');
  if (config === undefined) return facts({ problems });
  // `%{NAME}` is replaced from the environment.
  const reading = {
    config,
    mounted: context.mounted,
    expand: (value: Parameters<typeof expand>[0]) => expand(value, { pattern: /%\{(?<name>\w+)\}/g }, context.resolve),
  };
  return joinFacts([
    facts({ problems }),
    readScrapeConfigs(get(tree, 'scrape_configs'), 'scrape_configs', reading),
    readAlertmanagers(get(tree, 'alertmanagers'), 'alertmanagers', reading),
  ]);
}
