import { openTree } from '../../config-file.ts';
import type { Context } from '../../context.ts';
import { dial, gap, portOf } from '../../dial.ts';
import type { Tree } from '../../formats/tree.ts';
import { entries, get, items, mergeTrees, scalar, scalars, select } from '../../formats/tree.ts';
import { readYaml } from '../../formats/yaml.ts';
import { DUAL_STACK, defaultListener, listen, listenAddress, listener } from '../../listen.ts';
import { imageOf, isBefore, isImage } from '../../parse/image-reference.ts';
import type { ConfigText } from '../../parse/mounted.ts';
import type { Value } from '../../parse/value.ts';
import { collectorStyle, expand, hasUnknown } from '../../parse/value.ts';
import type { AgentFacts, Program } from '../../program.ts';
import { facts, joinFacts } from '../../program.ts';
import { readScrapeConfigs } from '../../scrape-config.ts';
import type { DiallingPart, ListeningPart } from './components.ts';
import {
  diallingExporters,
  diallingExtensions,
  diallingReceivers,
  listeningExporters,
  listeningExtensions,
  listeningReceivers,
} from './components.ts';

const IMAGES = [
  'otel/opentelemetry-collector*',
  'otelcol*',
  '*/otelcol*',
  '*/*otel-collector*',
  '*/*opentelemetry-collector*',
  '*/nrdot-collector*',
];
const DEFAULT_CONFIGS = [
  '/etc/otelcol/config.yaml',
  '/etc/otelcol-contrib/config.yaml',
  '/etc/otelcol-k8s/config.yaml',
  '/etc/otel/config.yaml',
  '/etc/otel/collector/gateway_config.yaml',
];

/** https://opentelemetry.io/docs/collector/configuration/ */
export const opentelemetryCollector: Program = {
  name: 'opentelemetry-collector',
  matches: (workload) => isImage(imageOf(workload), IMAGES),
  read: (_workload, context) => {
    const opened = openConfigs(context);
    if (opened.tree === undefined) {
      const own = opened.replaced ? [] : bundledListeners;
      return facts({ listeners: own, problems: opened.problems, listenersKnown: !opened.replaced });
    }
    return joinFacts([facts({ problems: opened.problems, listenersKnown: true }), readConfiguration(opened.tree, opened.config, context)]);
  },
};

/** The configuration inside of the images listens on all addresses. */
const bundledListeners = [
  defaultListener('the OpenTelemetry Collector image', DUAL_STACK, 4317, { application: 'otlp-grpc' }),
  defaultListener('the OpenTelemetry Collector image', DUAL_STACK, 4318, { application: 'otlp-http' }),
];

interface Opened {
  readonly tree: Tree | undefined;
  readonly config: ConfigText | undefined;
  readonly problems: AgentFacts['problems'];
  readonly replaced: boolean;
}

/** Several `--config` are merged, later ones win; `env:NAME` and `yaml:…` hold the text itself. */
function openConfigs(context: Context): Opened {
  const given = context.flagAll('--config', '-config');
  if (given.length === 0) return openTree(context, DEFAULT_CONFIGS, 'the OpenTelemetry Collector', readYaml);
  const all = given.map((value) => openOne(value, context));
  const trees = all.flatMap(({ tree }) => (tree === undefined ? [] : [tree]));
  return {
    tree: trees.length === 0 ? undefined : trees.reduce(mergeTrees),
    config: all.find(({ config }) => config !== undefined)?.config,
    problems: all.flatMap(({ problems }) => problems),
    replaced: all.some(({ replaced }) => replaced),
  };
}

function openOne(value: Value, context: Context): Opened {
  const variable = /^env:(\w+)$/.exec(value.text)?.[1];
  const inline = variable === undefined ? (value.text.startsWith('yaml:') ? value : undefined) : context.variable(variable);
  if (variable === undefined && inline === undefined)
    return openTree(context, [value.text.replace(/^file:/, '')], 'the OpenTelemetry Collector', readYaml);
  if (inline === undefined) return { tree: undefined, config: undefined, problems: [gap(value, '--config')], replaced: true };
  const text = variable === undefined ? inline.text.slice('yaml:'.length).replaceAll('::', ':\n  ') : inline.text;
  const config: ConfigText = { path: `--config=${value.text.slice(0, 40)}`, text, at: () => inline.origin };
  return { ...readYaml(config), config, replaced: true };
}

interface Reading {
  readonly context: Context;
  /** The address that a component takes when none is written. */
  readonly defaultHost: string;
}

function readConfiguration(tree: Tree, config: ConfigText | undefined, context: Context): AgentFacts {
  const gates = context
    .flagAll('--feature-gates')
    .map(({ text }) => text)
    .join(',');
  // component.UseLocalHostAsDefaultHost: on since 0.104, cannot be turned off since 0.110.
  const turnedOff = gates.includes('-component.UseLocalHostAsDefaultHost') && isBefore(context.image?.version, [0, 110, 0]);
  const local =
    (!isBefore(context.image?.version, [0, 104, 0]) && !turnedOff) || /(?:^|,)\+?component\.UseLocalHostAsDefaultHost/.test(gates);
  const reading: Reading = { context, defaultHost: local ? '127.0.0.1' : DUAL_STACK };
  const used = usedComponents(tree);
  const found = (['receivers', 'exporters', 'extensions'] as const).flatMap((section) =>
    entries(get(tree, section))
      .filter(([name]) => used === undefined || used.has(`${section}/${name}`))
      .map(([name, settings, key]) => readComponent(section, name, settings, key, config, reading)),
  );
  return joinFacts([...found, readTelemetry(tree, reading)]);
}

/** A component that no pipeline names is not started. */
function usedComponents(tree: Tree): ReadonlySet<string> | undefined {
  const service = get(tree, 'service');
  if (service === undefined) return undefined;
  const used = new Set(scalars(get(service, 'extensions')).map(([value]) => `extensions/${value.text}`));
  for (const [, pipeline] of entries(get(service, 'pipelines'))) {
    for (const section of ['receivers', 'exporters'])
      for (const [value] of scalars(get(pipeline, section))) used.add(`${section}/${value.text}`);
  }
  return used;
}

const tables = {
  receivers: [listeningReceivers, diallingReceivers],
  exporters: [listeningExporters, diallingExporters],
  extensions: [listeningExtensions, diallingExtensions],
} as const;

function readComponent(
  section: keyof typeof tables,
  name: string,
  settings: Tree,
  key: Value,
  config: ConfigText | undefined,
  reading: Reading,
): AgentFacts {
  const type = name.replace(/\/.*$/, '');
  const at = `${section}.${name}`;
  if (section === 'receivers' && type === 'prometheus' && config !== undefined) {
    const { context } = reading;
    const scraping = { config, mounted: context.mounted, expand: (value: Value) => resolve(value, context) };
    return readScrapeConfigs(get(settings, 'config', 'scrape_configs'), `${at}.config.scrape_configs`, scraping);
  }
  const [listening, dialling] = tables[section];
  const listens = Object.hasOwn(listening, type) ? (listening[type] ?? []) : [];
  const dials = Object.hasOwn(dialling, type) ? dialling[type] : undefined;
  return joinFacts([
    ...listens.map((part) => readListening(part, settings, at, key, reading)),
    dials === undefined ? facts({}) : readDialling(dials, settings, at, reading),
  ]);
}

function readListening(part: ListeningPart, settings: Tree, at: string, key: Value, reading: Reading): AgentFacts {
  const holder = get(settings, ...part.path) ?? (part.path.length === 0 ? settings : undefined);
  if (holder === undefined && part.required) return facts({});
  const written = scalar(get(holder, part.key));
  const options = { application: part.application, ...(part.transport === undefined ? {} : { transport: part.transport }) };
  if (written !== undefined) {
    const setting = [at, ...part.path, part.key].join('.');
    return listen(resolve(written, reading.context), {
      ...options,
      setting,
      any: DUAL_STACK,
      ...(part.port === undefined ? {} : { port: part.port }),
    });
  }
  if (part.port === undefined) return facts({});
  // The place is where the component stands: there the missing address has to be written.
  const last = part.path.at(-1);
  const entry = get(settings, ...part.path.slice(0, -1));
  const place = last !== undefined && entry?.kind === 'map' ? (entry.entries.get(last)?.key.origin ?? key.origin) : key.origin;
  return facts({ listeners: [listener(reading.defaultHost, part.port, place, { ...options, knowledge: 'assumed' })] });
}

function readDialling(part: DiallingPart, settings: Tree, at: string, { context }: Reading): AgentFacts {
  return joinFacts(
    part.keys.flatMap((path) =>
      select(settings, path).map(([value, where]) =>
        dial(resolve(value, context), {
          setting: `${at}.${where}`,
          purpose: part.purpose,
          plane: part.control === true ? 'control' : 'data',
          ...(part.application === undefined ? {} : { application: part.application }),
          ...(part.transport === undefined ? {} : { transport: part.transport }),
          ...(part.port === undefined ? {} : { port: part.port }),
        }),
      ),
    ),
  );
}

/** The Collector's own metrics: `service.telemetry.metrics`; on all addresses by default until 0.111. */
function readTelemetry(tree: Tree, { context }: Reading): AgentFacts {
  const metrics = get(tree, 'service', 'telemetry', 'metrics');
  const setting = 'service.telemetry.metrics';
  const options = { application: 'prometheus', any: DUAL_STACK } as const;
  const address = scalar(get(metrics, 'address'));
  if (scalar(get(metrics, 'level'))?.text === 'none') return facts({});
  if (address !== undefined) return listen(resolve(address, context), { ...options, setting: `${setting}.address`, port: 8888 });
  const pulled = items(get(metrics, 'readers')).map((reader) => get(reader, 'pull', 'exporter', 'prometheus'));
  if (pulled.length > 0) {
    const listeners = pulled.flatMap((exporter) => {
      const [host, port] = ['host', 'port'].map((name) => scalar(get(exporter, name)));
      if (host === undefined || hasUnknown(resolve(host, context).text)) return [];
      const to = listenAddress(resolve(host, context).text, DUAL_STACK);
      return to === undefined ? [] : [listener(to, portOf(port?.text) ?? 8888, host.origin, { application: 'prometheus' })];
    });
    return facts({ listeners });
  }
  const host = isBefore(context.image?.version, [0, 111, 0]) ? DUAL_STACK : '127.0.0.1';
  return facts({ listeners: [defaultListener('the OpenTelemetry Collector', host, 8888, { application: 'prometheus' })] });
}

const resolve = (value: Value, context: Context): Value => expand(value, collectorStyle, context.resolve);
