/** The source `prometheus-scrape`. */
import { readFile } from 'node:fs/promises';
import { MetricBatch } from '../../batch.ts';
import { Turns } from '../../listening/byte-budget.ts';
import { Complaints } from '../../listening/complaints.ts';
import { newGeneration } from '../../listening/generation.ts';
import { Outflow } from '../../listening/outflow.ts';
import { Progress } from '../../listening/progress.ts';
import { Receipt } from '../../receipt.ts';
import type { Source, SourceContext } from '../../source.ts';
import type { Stream } from '../../stream.ts';
import { ask } from './ask.ts';
import { accept, scraped } from './scrape.ts';
import type { PrometheusScrapeSettings } from './settings.ts';
import { type ReadTargets, readTargets, shown, type Target, targetKey, targetOf } from './targets.ts';

/** Answers are gathered and parsed in memory: few at a time, whatever the number of targets. */
const atOnce = 16;
const pointsAtOnce = 5_000;

/** One target that is asked again and again. */
interface Round {
  readonly target: Target;
  cancel: () => void;
  stopped: boolean;
  failures: number;
  problem: string | undefined;
}

export async function createPrometheusScrape(settings: PrometheusScrapeSettings, context: SourceContext): Promise<Source> {
  const scraper = new Scraper(settings, context);
  scraper.begin();
  return {
    problem: () => scraper.problem(),
    files: () => scraper.size,
    close: () => scraper.close(),
  };
}

class Scraper {
  readonly #settings: PrometheusScrapeSettings;
  readonly #context: SourceContext;
  readonly #job: string;
  readonly #outflow: Outflow;
  readonly #stream: Stream;
  readonly #complaints: Complaints;
  readonly #turns = new Turns(atOnce);
  readonly #progress = new Progress();
  readonly #rounds = new Map<string, Round>();
  readonly #listed = new Map<string, readonly Target[]>();
  readonly #listProblems = new Map<string, string>();
  #cancelLists = () => {};
  #closed = false;

  constructor(settings: PrometheusScrapeSettings, context: SourceContext) {
    this.#settings = settings;
    this.#context = context;
    this.#job = settings.job ?? context.name;
    this.#outflow = new Outflow(context);
    this.#complaints = new Complaints(context.log, context.clock);
    const { labels, tags } = settings;
    // Not pushed: what is not delivered is measured again, and a spool full of old values helps nobody.
    this.#stream = { source: context.name, generation: newGeneration(), labels, tags, format: 'text' };
  }

  get size(): number {
    return this.#rounds.size;
  }

  begin(): void {
    this.#listed.set(
      'settings',
      this.#settings.targets.map(({ url, labels }) => targetOf(new URL(url), this.#job, labels)),
    );
    this.#sync();
    if (this.#settings.targetsFile !== undefined || this.#settings.targetsUrl !== undefined) void this.#readLists();
  }

  /** When nothing can be scraped, why. */
  problem(): string | undefined {
    const [first] = [...this.#rounds.values()].filter(({ problem }) => problem !== undefined);
    const failing = [...this.#rounds.values()].filter(({ problem }) => problem !== undefined).length;
    if (this.#rounds.size > 0 && failing === this.#rounds.size)
      return `none of ${failing} targets can be scraped; ${first === undefined ? '' : shown(first.target.url)}: ${first?.problem}`;
    const [list] = this.#listProblems.values();
    return list;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelLists();
    for (const round of this.#rounds.values()) stop(round);
    await this.#progress.idle();
  }

  async #readLists(): Promise<void> {
    const { targetsFile, targetsUrl } = this.#settings;
    if (targetsFile !== undefined) this.#list(targetsFile, await this.#fromFile(targetsFile));
    if (targetsUrl !== undefined) this.#list(targetsUrl, await this.#fromUrl(targetsUrl));
    if (this.#closed) return;
    this.#sync();
    this.#cancelLists = this.#context.clock.after(this.#settings.interval, () => void this.#readLists());
  }

  async #fromFile(path: string): Promise<ReadTargets> {
    try {
      return readTargets(await readFile(path, 'utf8'), this.#job);
    } catch (error) {
      return { ok: false, reason: error instanceof Error ? error.message : String(error) };
    }
  }

  async #fromUrl(url: string): Promise<ReadTargets> {
    const asked = await ask(new URL(url), 'application/json', this.#settings, this.#context);
    return asked.ok ? readTargets(asked.text, this.#job) : asked;
  }

  /** A list that cannot be used leaves the targets as they were. */
  #list(path: string, read: ReadTargets): void {
    if (read.ok) {
      this.#listProblems.delete(path);
      this.#listed.set(path, read.targets);
      return;
    }
    if (this.#listProblems.get(path) !== `${path}: ${read.reason}`)
      this.#context.log.event('pipeline.source.targets-unusable', { path, reason: read.reason });
    this.#listProblems.set(path, `${path}: ${read.reason}`);
    this.#context.counters.errors += 1;
  }

  #sync(): void {
    const wanted = new Map([...this.#listed.values()].flat().map((target) => [targetKey(target), target]));
    for (const [key, round] of this.#rounds) {
      if (wanted.has(key)) continue;
      stop(round);
      this.#rounds.delete(key);
    }
    for (const [key, target] of wanted) {
      if (this.#rounds.has(key)) continue;
      const round: Round = { target, cancel: () => {}, stopped: false, failures: 0, problem: undefined };
      this.#rounds.set(key, round);
      // Spread, so that neither we nor a network meets all of them at once.
      this.#schedule(round, this.#context.random() * this.#settings.interval);
    }
  }

  #schedule(round: Round, afterMs: number): void {
    round.cancel = this.#context.clock.after(afterMs, () => void this.#turn(round));
  }

  async #turn(round: Round): Promise<void> {
    const begun = this.#context.clock.monotonicMs();
    const end = this.#progress.begin();
    try {
      if (this.#outflow.full !== undefined) this.#complaints.say('pipeline.source.scrape-skipped', {});
      else await this.#scrape(round);
    } finally {
      end();
    }
    if (round.stopped) return;
    const { interval } = this.#settings;
    // In step with the first one, however long each takes.
    const late = this.#context.clock.monotonicMs() - begun;
    this.#schedule(round, interval - (late % interval));
  }

  async #scrape(round: Round): Promise<void> {
    const { clock } = this.#context;
    await this.#turns.take();
    try {
      if (round.stopped) return;
      const [startMs, begun] = [clock.now(), clock.monotonicMs()];
      const asked = await ask(round.target.url, accept, this.#settings, this.#context);
      const result = scraped(round.target, asked, startMs, clock.monotonicMs() - begun, this.#settings);
      this.#note(round, result.problem);
      for (let from = 0; from < result.points.length; from += pointsAtOnce)
        await this.#outflow.sendWhenRoom(
          new MetricBatch(this.#stream, result.points.slice(from, from + pointsAtOnce), new Receipt(() => {})),
        );
    } finally {
      this.#turns.give();
    }
  }

  #note(round: Round, problem: string | undefined): void {
    const { log, counters } = this.#context;
    const target = shown(round.target.url);
    if (problem !== undefined) {
      counters.errors += 1;
      if (round.problem !== problem) log.event('pipeline.source.scrape-failed', { target, reason: problem });
      round.failures += 1;
    } else if (round.problem !== undefined) {
      log.event('pipeline.source.scrape-recovered', { target, failures: round.failures });
      round.failures = 0;
    }
    round.problem = problem;
  }
}

function stop(round: Round): void {
  round.stopped = true;
  round.cancel();
}
