/** Samples as a WriteRequest (proto/remote_write.proto): one TimeSeries for each series, its samples by time. */
import { Writer } from '../../proto/writer.ts';
import type { Sample } from './series.ts';

export function writeRequest(samples: readonly Sample[]): Buffer {
  const to = new Writer(samples.length * 160 + 1_024);
  for (const [labels, ...rest] of bySeries(samples).values()) {
    const series = to.open(1, 128);
    for (const [name, value] of labels.labels) {
      const label = to.open(1, name.length + value.length + 4);
      to.textField(1, name);
      to.textField(2, value);
      to.close(label);
    }
    for (const { value, timeMs } of [labels, ...rest].sort((a, b) => a.timeMs - b.timeMs)) {
      const sample = to.open(2, 20);
      to.doubleField(1, value);
      to.varintField(2, timeMs);
      to.close(sample);
    }
    to.close(series);
  }
  return to.written();
}

function bySeries(samples: readonly Sample[]): ReadonlyMap<string, [Sample, ...Sample[]]> {
  const found = new Map<string, [Sample, ...Sample[]]>();
  for (const sample of samples) {
    const key = seriesKey(sample.labels);
    const known = found.get(key);
    if (known === undefined) found.set(key, [sample]);
    else known.push(sample);
  }
  return found;
}

/** No label holds a control character, so NUL tells them apart. */
export const seriesKey = (labels: Sample['labels']): string => labels.map(([name, value]) => `${name}\0${value}`).join('\0');
