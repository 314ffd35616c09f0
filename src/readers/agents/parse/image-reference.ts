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
  const name = workload.image?.value;
  if (name === undefined) return undefined;
  const known = references.get(name);
  if (known !== undefined) return known;
  if (references.size >= MAX_KEPT) references.clear();
  const made = parseImage(name);
  references.set(name, made);
  return made;
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
