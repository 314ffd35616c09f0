/** Bodies of files: written in pieces, read back, and kept in memory while they are used. */
import type { Condition, Store } from '../store/store.ts';
import type { ConfigFile, ConfigVersion } from './configurations.ts';
import { bodyHash, pieces } from './content.ts';
import { bodiesPrefix, keys, type VersionRecord } from './records.ts';

/** Contents in memory, the least used one leaves first. Agents' decisions hold theirs anyway, so this bounds the rest. */
const cacheBytes = 64 << 20;

export interface StoredFiles {
  readonly files: VersionRecord['files'];
  /** What must still hold when the version is committed, so that nobody deleted a body that it counts on. */
  readonly conditions: readonly Condition[];
}

export interface Library {
  /** Undefined: not in memory; `load` it. Always the same object for the same version. */
  cached(version: VersionRecord): ConfigVersion | undefined;
  /** Undefined: its pieces are gone, because the configuration was deleted meanwhile. */
  load(version: VersionRecord): Promise<ConfigVersion | undefined>;
  keep(version: VersionRecord, files: readonly ConfigFile[]): ConfigVersion;
  /** The version was not stored after all. */
  drop(version: VersionRecord): void;
  /** Writes bodies that are not there yet. What is left of an interrupted one is used by the next. */
  write(files: readonly ConfigFile[]): Promise<StoredFiles>;
  /** Deletes bodies that no version needs any more. */
  sweep(bodies: Iterable<string>, needed: ReadonlySet<string>): Promise<void>;
}

export function createLibrary(store: Store): Library {
  const cache = new Map<string, { readonly config: ConfigVersion; readonly bytes: number }>();
  const loading = new Map<string, Promise<ConfigVersion | undefined>>();
  let held = 0;

  function keep(version: VersionRecord, files: readonly ConfigFile[]): ConfigVersion {
    const { name, version: number, hash, createdAtMs, createdBy, note } = version;
    const known = cache.get(cacheKey(version));
    if (known !== undefined) return known.config;
    const config: ConfigVersion = { name, version: number, hash, files, createdAtMs, createdBy, note };
    const bytes = version.files.reduce((sum, file) => sum + file.bytes, 0);
    cache.set(cacheKey(version), { config, bytes });
    held += bytes;
    for (const [key, oldest] of cache) {
      if (held <= cacheBytes || key === cacheKey(version)) break;
      cache.delete(key);
      held -= oldest.bytes;
    }
    return config;
  }

  async function read(version: VersionRecord): Promise<ConfigVersion | undefined> {
    const files: ConfigFile[] = [];
    for (const { name, contentType, sha, pieces: count } of version.files) {
      const entries = await Promise.all(Array.from({ length: count }, (_, piece) => store.get(keys.piece(sha, piece))));
      if (entries.some((entry) => entry === undefined)) return undefined;
      files.push({ name, contentType, body: entries.map((entry) => entry?.value ?? '').join('') });
    }
    return keep(version, files);
  }

  return {
    keep,
    drop(version) {
      held -= cache.get(cacheKey(version))?.bytes ?? 0;
      cache.delete(cacheKey(version));
    },
    cached(version) {
      const key = cacheKey(version);
      const known = cache.get(key);
      if (known === undefined) return undefined;
      cache.delete(key);
      cache.set(key, known);
      return known.config;
    },
    load(version) {
      const key = cacheKey(version);
      const known = cache.get(key);
      if (known !== undefined) return Promise.resolve(known.config);
      const running = loading.get(key) ?? read(version).finally(() => loading.delete(key));
      loading.set(key, running);
      return running;
    },
    async write(files) {
      const conditions = new Map<string, number>();
      const written: VersionRecord['files'] = [];
      for (const { name, contentType, body } of files) {
        const sha = bodyHash(body);
        const parts = pieces(body);
        for (const [at, value] of parts.entries()) {
          const key = keys.piece(sha, at);
          const known = await store.get(key);
          if (known !== undefined) {
            conditions.set(key, known.modRevision);
            continue;
          }
          // One piece at a time: a large version must not be one large request to a store on the network.
          const result = await store.commit({ conditions: [{ key, modRevision: 0 }], changes: [{ kind: 'put', key, value }] });
          conditions.set(key, result.ok ? result.revision : ((await store.get(key))?.modRevision ?? 0));
        }
        written.push({ name, contentType, bytes: Buffer.byteLength(body), sha, pieces: parts.length });
      }
      return { files: written, conditions: [...conditions].map(([key, modRevision]) => ({ key, modRevision })) };
    },
    async sweep(bodies, needed) {
      for (const sha of new Set(bodies)) {
        if (needed.has(sha)) continue;
        const { entries } = await store.list(`${bodiesPrefix}${sha}/`);
        await store.commit({
          conditions: entries.map(({ key, modRevision }) => ({ key, modRevision })),
          changes: entries.map(({ key }) => ({ kind: 'delete', key })),
        });
      }
    },
  };
}

/** With the hash: a configuration that was deleted and made again has other content under the same number. */
const cacheKey = ({ name, version, hash }: VersionRecord): string => `${name}@${version}@${hash}`;
