import type { Workload } from '../../../network/model.ts';

/** An image's name taken apart. `repository` has no registry and no `library/`: `prom/prometheus`, `redis`. */
export interface ImageReference {
  readonly repository: string;
  readonly tag: string | undefined;
  /** From the tag, where it starts with a number: `v0.103.1-amd64` is 0.103.1. */
  readonly version: Version | undefined;
}

export type Version = readonly [major: number, minor: number, patch: number];

const references = new Map<string, ImageReference>();
const MAX_KEPT = 10_000;

/** The image of a workload. Every program asks, so that answers are kept: equal names give the same object. */
export function imageOf(workload: Workload): ImageReference | undefined {
  const name = workload.image?.value ?? imageByMounts(workload);
  if (name === undefined) return undefined;
  const known = references.get(name);
  if (known !== undefined) return known;
  if (references.size >= MAX_KEPT) references.clear();
  const made = parseImage(name);
  references.set(name, made);
  return made;
}

/** Paths that only one program reads: an image that is built here and has something mounted there is one of that program. */
const WELL_KNOWN: readonly (readonly [target: string, image: string])[] = [
  ['/etc/grafana/provisioning', 'grafana/grafana'],
  ['/etc/prometheus/prometheus.yml', 'prom/prometheus'],
  ['/opt/bitnami/prometheus/conf/prometheus.yml', 'prom/prometheus'],
  ['/etc/alertmanager/alertmanager.yml', 'prom/alertmanager'],
  ['/fluentd/etc/fluent.conf', 'fluent/fluentd'],
  ['/fluent-bit/etc/fluent-bit.conf', 'fluent/fluent-bit'],
  ['/etc/loki/local-config.yaml', 'grafana/loki'],
  ['/etc/promtail/config.yml', 'grafana/promtail'],
  ['/etc/telegraf/telegraf.conf', 'telegraf'],
  ['/etc/vector/vector.toml', 'timberio/vector'],
  ['/etc/vector/vector.yaml', 'timberio/vector'],
  ['/etc/nginx/nginx.conf', 'nginx'],
  ['/etc/nginx/conf.d/default.conf', 'nginx'],
];

function imageByMounts({ mounts }: Workload): string | undefined {
  if (mounts.length === 0) return undefined;
  return WELL_KNOWN.find(([path]) => mounts.some(({ target }) => target === path || target.startsWith(`${path}/`)))?.[1];
}

/** `registry.example.org:5000/prom/prometheus:v3.1.0@sha256:…` */
export function parseImage(text: string): ImageReference {
  const [name = ''] = text.trim().split('@');
  const colon = name.lastIndexOf(':');
  const tagged = colon > name.lastIndexOf('/');
  const path = (tagged ? name.slice(0, colon) : name).toLowerCase().split('/');
  const [first = ''] = path;
  // The first part is a registry when it looks like a host (distribution/reference: domain).
  if (path.length > 1 && (/[.:]/.test(first) || first === 'localhost')) path.shift();
  if (path.length > 1 && path[0] === 'library') path.shift();
  const tag = tagged ? name.slice(colon + 1) : undefined;
  return { repository: path.join('/'), tag, version: versionOf(tag) };
}

function versionOf(tag: string | undefined): Version | undefined {
  const match = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?![\w])/.exec(tag ?? '');
  // A tag such as 3.12-slim is a version; a date such as 20240101 is none that compares with others.
  if (match === null || Number(match[1]) > 10_000) return undefined;
  return [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)];
}

/** Compares with `at`; a missing version is `latest` and so the newest there is. */
export function isBefore(version: Version | undefined, at: Version): boolean {
  if (version === undefined) return false;
  for (let index = 0; index < 3; index += 1) {
    const difference = (version[index] ?? 0) - (at[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** A pattern is the end of a repository's path, part by part; `*` stands for any text within one part. */
export function isImage(image: ImageReference | undefined, patterns: readonly string[]): boolean {
  return image !== undefined && patterns.some((pattern) => matchesEnd(image.repository, pattern));
}

function matchesEnd(repository: string, pattern: string): boolean {
  if (pattern.includes('*')) return globOf(pattern).test(repository);
  // A pattern of one part is an official image: `redis` is not `example/redis`.
  return repository === pattern || (pattern.includes('/') && repository.endsWith(`/${pattern}`));
}

const globs = new Map<string, RegExp>();

/** Patterns come from our own tables only, so that there are few of them. */
function globOf(pattern: string): RegExp {
  const known = globs.get(pattern);
  if (known !== undefined) return known;
  const pieces = pattern.split('*').map((piece) => piece.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const made = new RegExp(`${pattern.includes('/') ? '(?:^|/)' : '^'}${pieces.join('[^/]*')}$`);
  globs.set(pattern, made);
  return made;
}
