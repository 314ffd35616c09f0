/**
 * Where a fact comes from. Every fact of the model carries one; blame, fixes, SARIF regions and drift all read it.
 */

/** A stretch of a text. Lines and columns count from 1, columns and offsets in UTF-16 code units; `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** How a value travelled from where it was written to where it holds, oldest last: an override, an anchor, `extends`, … */
export interface Hop {
  readonly kind: 'override' | 'anchor' | 'merge' | 'extends' | 'include' | 'env-file' | 'environment' | 'interpolation' | 'mount' | 'image';
  /** What was used, as the user wrote it: `*defaults`, `extends: base.yaml#agent`, `${PORT:-9090}`. */
  readonly text: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

/** A fact read from a text that somebody wrote. */
export interface FileOrigin {
  readonly kind: 'file';
  /** The path as the user gave it, or relative to the working directory; `<stdin>` for standard input. */
  readonly file: string;
  readonly span: Span;
  /**
   * True when the text of `span` (which leaves a scalar's quotes out) is the value character by character: no escapes,
   * folding or interpolation. Only then does `subOrigin` narrow, and only then may a fix rewrite a part of the value.
   */
  readonly exact: boolean;
  readonly via: readonly Hop[];
}

/** A fact observed on an API object or on a running system. */
export interface ObservedOrigin {
  readonly kind: 'observed';
  /** The document it was read from: a file's path, `<stdin>`, or the engine's socket. */
  readonly source: string;
  /** The object: `container agent-1`, `network agent_network`, `/proc/4711/net/tcp`. */
  readonly object: string;
  /** The path inside the object: `HostConfig.PortBindings."9100/tcp"[0].HostPort`. */
  readonly path: string;
}

/** A fact that nobody wrote down: a default of the engine, of Compose or of a program at a version. */
export interface DefaultOrigin {
  readonly kind: 'default';
  /** A sentence's part that says whose default it is: `default of prom/prometheus: listens on 0.0.0.0:9090`. */
  readonly text: string;
}

export type Origin = FileOrigin | ObservedOrigin | DefaultOrigin;

/** `file:line:column`, or what stands for it where there is no file. */
export function formatOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'file':
      return `${origin.file}:${origin.span.line}:${origin.span.column}`;
    case 'observed':
      return `${origin.source} ${origin.object} ${origin.path}`.trim();
    case 'default':
      return origin.text;
    default:
      return origin satisfies never;
  }
}

/** The origin of characters `from`..`to` of the value; the whole origin where the text is not the value (see `exact`). */
export function subOrigin(origin: Origin, from: number, to: number): Origin {
  if (origin.kind !== 'file' || !origin.exact || origin.span.line !== origin.span.endLine) return origin;
  const { start, line, column } = origin.span;
  const span = { start: start + from, end: start + to, line, column: column + from, endLine: line, endColumn: column + to };
  return { ...origin, span };
}
