/** Reads Prometheus' text format, as far as a test asks for single values. */
export interface Metrics {
  /** The sum of all series of this name that have these labels; 0 when there is none. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number;
  /** Names that have a series. */
  readonly names: ReadonlySet<string>;
  readonly text: string;
}

export function parseMetrics(text: string): Metrics {
  const series = text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, labels, value: Number(value) }];
  });
  return {
    text,
    names: new Set(series.map(({ name }) => name)),
    sum: (name, labels = {}) =>
      series
        .filter((one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels.includes(`${key}="${value}"`)))
        .reduce((total, { value }) => total + value, 0),
  };
}
