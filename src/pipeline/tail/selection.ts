/** Which files are meant, and which labels their paths give. */
import { resolve } from 'node:path';
import type { Labels } from '../../core/labels.ts';
import type { Glob } from './glob.ts';
import { globExpression, literalFolder, parseGlob } from './glob.ts';

export interface SelectionSettings {
  readonly path: readonly string[];
  readonly pathRegex?: RegExp | undefined;
  readonly exclude: readonly string[];
}

export interface Selection {
  readonly globs: readonly Glob[];
  /** Whether a path that fits a glob is meant as well by all else. */
  wants(path: string): boolean;
  /** Whether it would be found at all: for files that were found under other settings. */
  covers(path: string): boolean;
  /** From the named groups of the expression. */
  labels(path: string): Labels;
}

export function selectionOf({ path, pathRegex, exclude }: SelectionSettings): Selection {
  const patterns = path.map((one) => resolve(one));
  if (patterns.length === 0 && pathRegex !== undefined) patterns.push(`${literalFolder(pathRegex).replace(/\/$/, '')}/**/*`);
  const included = patterns.map(globExpression);
  const excluded = exclude.map((one) => globExpression(one.includes('/') ? resolve(one) : one));
  const wants = (file: string) => !excluded.some((one) => one.test(file)) && (pathRegex === undefined || pathRegex.test(file));
  return {
    globs: patterns.map(parseGlob),
    wants,
    covers: (file) => included.some((one) => one.test(file)) && wants(file),
    labels: (file) => labelsOf(pathRegex?.exec(file)?.groups),
  };
}

function labelsOf(groups: Readonly<Record<string, string | undefined>> | undefined): Labels {
  const labels: Record<string, string> = {};
  for (const [key, value] of Object.entries(groups ?? {})) if (value !== undefined) labels[key] = value.slice(0, 256);
  return labels;
}
