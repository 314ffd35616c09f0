/** What Prometheus, vmagent, Grafana Agent and the Collector's Prometheus receiver share: `scrape_configs` and service discovery. */
import type { DialOptions } from './dial.ts';
import { dial } from './dial.ts';
import type { Tree } from './formats/tree.ts';
import { get, items, scalar, scalars, text } from './formats/tree.ts';
import { readYaml } from './formats/yaml.ts';
import type { ConfigText, MountedFile } from './parse/mounted.ts';
import { joinPath } from './parse/mounted.ts';
import type { Value } from './parse/value.ts';
import type { AgentFacts } from './program.ts';
import { facts, joinFacts } from './program.ts';

export interface ScrapeReading {
  /** Path of the file that the configuration stands in: `file_sd_configs` are relative to it. */
  readonly config: ConfigText;
  readonly mounted: (path: string) => MountedFile;
  /** Replaces variables, where the program does. */
  readonly expand?: (value: Value) => Value;
}

const same = (value: Value): Value => value;

export function readScrapeConfigs(list: Tree | undefined, setting: string, reading: ScrapeReading): AgentFacts {
  return joinFacts(items(list).map((job, index) => readScrapeJob(job, `${setting}[${index}]`, reading)));
}

function readScrapeJob(job: Tree, setting: string, reading: ScrapeReading): AgentFacts {
  const scheme = text(get(job, 'scheme')) === 'https' ? 'https' : 'http';
  // A relabelled address is another address than the target that is written here (blackbox exporter, discovery).
  const relabelled = replacedAddress(job);
  const options = { purpose: 'scrapes', application: scheme, port: scheme === 'https' ? 443 : 80, plane: 'data' } as const;
  const targets = relabelled === 'computed' ? [] : [targetsOf(job, setting, options, reading)];
  const viaProxy = relabelled === undefined || relabelled === 'computed' ? undefined : relabelled;
  return joinFacts([
    ...(viaProxy === undefined ? targets : [dial(viaProxy, { ...options, setting: `${setting}.relabel_configs` })]),
    readDiscovery(job, setting, reading),
    dial(expanded(scalar(get(job, 'proxy_url')), reading), {
      setting: `${setting}.proxy_url`,
      purpose: 'scrapes through the proxy',
      application: 'http',
    }),
  ]);
}

/** The replacement that becomes `__address__`; `computed` when it is made of labels. */
function replacedAddress(job: Tree): Value | 'computed' | undefined {
  let found: Value | 'computed' | undefined;
  for (const rule of items(get(job, 'relabel_configs'))) {
    if (text(get(rule, 'target_label')) !== '__address__') continue;
    const replacement = scalar(get(rule, 'replacement'));
    found = replacement === undefined || replacement.text.includes('$') ? 'computed' : replacement;
  }
  return found;
}

type ScrapeOptions = Omit<DialOptions, 'setting'>;

function targetsOf(job: Tree, setting: string, options: ScrapeOptions, reading: ScrapeReading): AgentFacts {
  const written = readGroups(get(job, 'static_configs'), `${setting}.static_configs`, options, reading);
  const files = items(get(job, 'file_sd_configs')).flatMap((discovery) => scalars(get(discovery, 'files')));
  return joinFacts([written, ...files.map(([path]) => readTargetFile(path, options, reading))]);
}

function readGroups(groups: Tree | undefined, setting: string, options: ScrapeOptions, reading: ScrapeReading): AgentFacts {
  return joinFacts(
    items(groups).flatMap((group, index) =>
      scalars(get(group, 'targets')).map(([target, at]) =>
        dial(expanded(target, reading), { ...options, setting: `${setting}[${index}].targets${at}` }),
      ),
    ),
  );
}

function readTargetFile(path: Value, options: ScrapeOptions, reading: ScrapeReading): AgentFacts {
  const full = joinPath(reading.config.path.replace(/[^/]*$/, ''), path.text);
  const file = full.includes('*') ? undefined : reading.mounted(full);
  if (file?.kind !== 'text') {
    const hint = full.includes('*')
      ? 'patterns of file names are not read; its targets are not checked'
      : 'mount it, or its targets are not checked';
    return facts({
      problems: [
        {
          severity: 'gap',
          code: 'scrape-targets-not-read',
          message: `targets of ${path.text} are not in the input`,
          hint,
          origin: path.origin,
        },
      ],
    });
  }
  const parsed = readYaml(file.config);
  return joinFacts([facts({ problems: parsed.problems }), readGroups(parsed.tree, path.text.replace(/.*\//, ''), options, reading)]);
}

/** The servers that are asked which targets there are: control plane. Targets found by them are not in the input. */
function readDiscovery(job: Tree, setting: string, reading: ScrapeReading): AgentFacts {
  const ask = (value: Value | undefined, at: string, options: Partial<DialOptions>) =>
    dial(expanded(value, reading), { setting: `${setting}.${at}`, purpose: 'asks for targets', plane: 'control', ...options });
  const each = (kind: string, read: (discovery: Tree, at: string) => AgentFacts) =>
    items(get(job, kind)).map((discovery, index) => read(discovery, `${kind}[${index}]`));
  return joinFacts([
    ...each('http_sd_configs', (sd, at) => ask(scalar(get(sd, 'url')), `${at}.url`, { application: 'http' })),
    ...each('consul_sd_configs', (sd, at) => ask(scalar(get(sd, 'server')), `${at}.server`, { application: 'consul', port: 8500 })),
    ...each('eureka_sd_configs', (sd, at) => ask(scalar(get(sd, 'server')), `${at}.server`, { application: 'http' })),
    ...each('marathon_sd_configs', (sd, at) =>
      joinFacts(scalars(get(sd, 'servers')).map(([url]) => ask(url, `${at}.servers`, { application: 'http' }))),
    ),
    ...each('docker_sd_configs', (sd, at) => ask(scalar(get(sd, 'host')), `${at}.host`, { application: 'http', port: 2375 })),
    ...each('dockerswarm_sd_configs', (sd, at) => ask(scalar(get(sd, 'host')), `${at}.host`, { application: 'http', port: 2375 })),
    ...each('dns_sd_configs', (sd, at) => readDnsDiscovery(sd, `${setting}.${at}`, reading)),
  ]);
}

/** `type: A` and AAAA dial what the name resolves to; SRV records name hosts that only the resolver knows. */
function readDnsDiscovery(discovery: Tree, setting: string, reading: ScrapeReading): AgentFacts {
  const type = (text(get(discovery, 'type')) ?? 'SRV').toUpperCase();
  if (type !== 'A' && type !== 'AAAA') return facts({});
  const portValue = scalar(get(discovery, 'port'));
  return joinFacts(
    scalars(get(discovery, 'names')).map(([name, at]) =>
      dial(expanded(name, reading), { setting: `${setting}.names${at}`, purpose: 'scrapes', application: 'http', portValue }),
    ),
  );
}

/** `remote_write`, `remote_read`: lists of things with a `url`. */
export function readRemotes(list: Tree | undefined, setting: string, purpose: string, reading: ScrapeReading): AgentFacts {
  return joinFacts(
    items(list).map((remote, index) =>
      dial(expanded(scalar(get(remote, 'url')), reading), { setting: `${setting}[${index}].url`, purpose, application: 'http' }),
    ),
  );
}

export function readAlertmanagers(list: Tree | undefined, setting: string, reading: ScrapeReading): AgentFacts {
  return joinFacts(
    items(list).map((manager, index) => {
      const scheme = text(get(manager, 'scheme')) === 'https' ? 'https' : 'http';
      const options = { purpose: 'sends alerts to', application: scheme, port: scheme === 'https' ? 443 : 80 } as const;
      return joinFacts([
        readGroups(get(manager, 'static_configs'), `${setting}[${index}].static_configs`, options, reading),
        readDiscovery(manager, `${setting}[${index}]`, reading),
      ]);
    }),
  );
}

function expanded(value: Value | undefined, reading: ScrapeReading): Value | undefined {
  return value === undefined ? undefined : (reading.expand ?? same)(value);
}
