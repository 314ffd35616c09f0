/**
 * Reads what a target of Prometheus answers: the text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats) and OpenMetrics 1.0, names in quotes
 * (Prometheus 3) included. One wrong line makes all of it wrong, as for Prometheus: half of a scrape is not what anybody asked for.
 */
import { type Family, type FamilyType, familyTypes, suffixes } from './families.ts';
import { LineReader, readNumber, unescaped } from './line-reader.ts';

export type ExpositionFormat = 'text' | 'openmetrics';

export type Parsed =
  | { readonly ok: true; readonly families: readonly Family[]; readonly samples: number }
  | { readonly ok: false; readonly line: number; readonly reason: string };

/** By the content type of the answer; what says nothing is the text format, as for Prometheus. */
export const formatOf = (contentType: string | undefined): ExpositionFormat =>
  contentType?.trim().toLowerCase().startsWith('application/openmetrics-text') === true ? 'openmetrics' : 'text';

export function parseExposition(text: string, format: ExpositionFormat): Parsed {
  const book = new Book(format);
  let line = 1;
  for (let from = 0; from < text.length; line += 1) {
    const next = text.indexOf('\n', from);
    const end = next === -1 ? text.length : next;
    const reader = new LineReader(text, from, text[end - 1] === '\r' && end > from ? end - 1 : end);
    book.line(reader);
    if (reader.problem !== undefined) return { ok: false, line, reason: reader.problem };
    from = end + 1;
  }
  // An answer that was cut off on the way must not pass for a small one (OpenMetrics, "# EOF").
  if (format === 'openmetrics' && !book.ended) return { ok: false, line, reason: 'it does not end with # EOF' };
  return { ok: true, families: book.families, samples: book.samples };
}

class Book {
  readonly #format: ExpositionFormat;
  readonly #families = new Map<string, Family>();
  #current: Family | undefined;
  samples = 0;
  ended = false;

  constructor(format: ExpositionFormat) {
    this.#format = format;
  }

  get families(): readonly Family[] {
    return [...this.#families.values()];
  }

  line(reader: LineReader): void {
    if (this.ended) {
      if (reader.rest().trim() !== '') reader.fail('something follows # EOF');
      return;
    }
    reader.blanks();
    if (reader.done) return;
    if (reader.peek() === '#') this.#comment(reader);
    else this.#sample(reader);
  }

  #comment(reader: LineReader): void {
    reader.at += 1;
    reader.blanks();
    const keyword = reader.word();
    if (keyword === 'EOF' && this.#format === 'openmetrics') {
      this.ended = true;
      return;
    }
    if (keyword !== 'HELP' && keyword !== 'TYPE' && keyword !== 'UNIT') return;
    reader.blanks();
    const name = reader.peek() === '"' ? reader.quoted() : reader.name(true);
    if (name === undefined || name === '') {
      if (this.#format === 'openmetrics') reader.fail(`# ${keyword} names no metric`);
      return; // in the text format it is a comment like any other
    }
    reader.blanks();
    const value = reader.rest();
    const family = this.#family(name);
    if (keyword === 'HELP') family.help = unescaped(value);
    else if (keyword === 'UNIT') family.unit = value.trim();
    else this.#type(reader, family, value.trim());
  }

  #type(reader: LineReader, family: Family, word: string): void {
    const type = word === 'untyped' ? 'unknown' : familyTypes.find((one) => one === word);
    if (type === undefined) return void reader.fail(`"${word.slice(0, 64)}" is no type of metrics`);
    family.type = type;
  }

  #family(name: string): Family {
    const known = this.#families.get(name);
    const family = known ?? { name, type: 'unknown', help: '', unit: '', samples: [] };
    if (known === undefined) this.#families.set(name, family);
    this.#current = family;
    return family;
  }

  #sample(reader: LineReader): void {
    let name = reader.name(true);
    reader.blanks();
    const labels: Record<string, string> = {};
    if (reader.take('{')) name = readLabels(reader, labels, name);
    if (reader.problem !== undefined) return;
    if (name === '') return void reader.fail('a name was expected');
    reader.blanks();
    const value = readNumber(reader.word());
    if (value === undefined) return void reader.fail(`the value of ${name.slice(0, 128)} is no number`);
    const timeMs = this.#time(reader);
    if (reader.problem !== undefined) return;
    this.#familyOf(name).samples.push({ name, labels, value, timeMs });
    this.samples += 1;
  }

  /** Milliseconds in the text format, seconds in OpenMetrics; there an exemplar may follow, which is left alone. */
  #time(reader: LineReader): number | undefined {
    reader.blanks();
    if (reader.done || reader.peek() === '#') return undefined;
    const time = readNumber(reader.word());
    reader.blanks();
    const exemplar = this.#format === 'openmetrics' && reader.peek() === '#';
    if (time === undefined || !Number.isFinite(time) || !(reader.done || exemplar)) return reader.fail('what follows the value is no time');
    return this.#format === 'openmetrics' ? time * 1_000 : time;
  }

  /** The family that a sample belongs to: most often the one of the lines before. */
  #familyOf(name: string): Family {
    if (this.#current !== undefined && belongs(name, this.#current)) return this.#current;
    const exact = this.#families.get(name);
    if (exact !== undefined) return exact;
    for (const type of ['histogram', 'summary', 'counter', 'info', 'gaugehistogram'] as const satisfies readonly FamilyType[]) {
      const suffix = suffixes[type].find((one) => name.endsWith(one));
      const family = suffix === undefined ? undefined : this.#families.get(name.slice(0, -suffix.length));
      if (family?.type === type) return family;
    }
    return this.#family(name);
  }
}

function belongs(name: string, family: Family): boolean {
  if (name === family.name) return true;
  return name.startsWith(family.name) && suffixes[family.type].includes(name.slice(family.name.length));
}

/** Behind the opening brace: `a="b",c="d"}`, and `"metric.name",…` of Prometheus 3. Returns the metric's name. */
function readLabels(reader: LineReader, labels: Record<string, string>, nameBefore: string): string {
  let name = nameBefore;
  for (;;) {
    reader.blanks();
    if (reader.take('}')) return name;
    const inQuotes = reader.peek() === '"';
    const key = inQuotes ? reader.quoted() : reader.name(false);
    if (key === undefined || (key === '' && !inQuotes)) {
      reader.fail('the name of a label was expected');
      return name;
    }
    reader.blanks();
    if (reader.take('=')) {
      reader.blanks();
      const value = reader.quoted();
      if (value === undefined) return name;
      if (Object.hasOwn(labels, key)) reader.fail(`label ${key.slice(0, 128)} comes twice`);
      labels[key] = value;
    } else if (inQuotes && name === '') name = key;
    else reader.fail(`label ${key.slice(0, 128)} has no value`);
    reader.blanks();
    if (reader.problem !== undefined) return name;
    if (!reader.take(',') && reader.peek() !== '}') {
      reader.fail('a comma or } was expected');
      return name;
    }
  }
}
