/** What a collector measures. Names, types and labels are those of Prometheus' node_exporter 1.x, so that dashboards and alerts work. */
import type { Labels } from '../../../core/labels.ts';

export interface Reading {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'unknown';
  readonly help: string;
  readonly labels: Labels;
  readonly value: number;
}

export const counter = (name: string, help: string, value: number, labels: Labels = {}): Reading => ({
  name,
  type: 'counter',
  help,
  labels,
  value,
});
export const gauge = (name: string, help: string, value: number, labels: Labels = {}): Reading => ({
  name,
  type: 'gauge',
  help,
  labels,
  value,
});

/** Files of the kernel, below the paths of the settings. */
export interface KernelFiles {
  /** Rejects when it is not there. */
  proc(path: string): Promise<string>;
  sys(path: string): Promise<string>;
  listSys(path: string): Promise<readonly string[]>;
}

/** The text without its line break; undefined when it is not there or cannot be read now. */
export const optional = (text: Promise<string>): Promise<string | undefined> =>
  text.then(
    (value) => value.trim(),
    () => undefined,
  );
