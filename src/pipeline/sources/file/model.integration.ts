/**
 * Random lives of files against a model of what must arrive (after Vector's interpreter of lib/file-source/src/file_watcher/tests): every line arrives at least once unless its
 * bytes were destroyed before they could be read, and those are counted; a line arrives twice only when it was not acknowledged at a restart.
 */
import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, mkdirSync, renameSync, truncateSync, unlinkSync } from 'node:fs';
import { test } from 'node:test';
import { Rig } from '../../tail/rig.ts';
import { seeded } from '../../testing/batches.ts';
import { tail } from './tail-for-tests.ts';

interface Line {
  text: string;
  complete: boolean;
  readonly start: number;
}

/** One life of a file, as it must be read. */
interface Life {
  path: string;
  readonly lines: Line[];
  size: number;
  /** Nobody writes to it any more: its last line counts without an end. */
  ending: boolean;
  /** Nobody can open it any more. */
  unreachable: boolean;
}

class World implements AsyncDisposable {
  readonly rig = new Rig();
  readonly #random: () => number;
  readonly #live = new Map<string, Life>();
  readonly #all: Life[] = [];
  readonly #lost = new Set<Line>();
  readonly #unsure = new Set<Line>();
  #lostBytes = 0;
  readonly #mayRepeat = new Set<string>();
  #settledUpTo = 0;
  #open: (() => void) | undefined;
  #count = 0;

  constructor(random: () => number) {
    this.#random = random;
    this.rig.speed = 5;
    mkdirSync(this.rig.path('away'));
  }

  start = () => this.rig.start(tail(this.rig, { path: this.rig.path('*.log*'), flushAfter: '500ms' }));

  async [Symbol.asyncDispose](): Promise<void> {
    this.#resume();
    await this.rig[Symbol.asyncDispose]();
  }

  async step(): Promise<string> {
    const name = `f${Math.floor(this.#random() * 3)}.log`;
    const life = this.#live.get(name);
    const steps: readonly (readonly [string, number, () => Promise<void> | void])[] = [
      ['WriteLine', 40, () => this.#write(name, true)],
      ['PartialWrite', 8, () => this.#write(name, false)],
      ['Rotate', 5, () => life && this.#rotate(name, life)],
      ['CopyTruncate', 4, () => life && this.#copyTruncate(name, life)],
      ['Delete', 3, () => life && this.#delete(name, life)],
      ['MoveAway', 3, () => life && this.#moveAway(name, life)],
      ['Truncate', 3, () => life && this.#truncate(name, life)],
      ['Read', 10, () => this.#seenAll()],
      ['Pause', 4, () => this.#pause()],
      ['Resume', 6, () => this.#resume()],
      ['Keep', 3, () => this.#keep()],
      ['Settle', 4, () => this.#settle()],
      ['Restart', 3, () => this.#restart()],
      ['Reload', 3, () => this.rig.reload(tail(this.rig, { path: this.rig.path('*.log*'), flushAfter: '500ms' }))],
    ];
    const [what, , act] = weighted(steps, this.#random());
    await act();
    return `${what} ${name}`;
  }

  async verify(history: string): Promise<void> {
    this.#resume();
    this.#settle();
    const must = this.#all.flatMap((life) =>
      life.lines.filter((line) => !this.#lost.has(line) && !this.#unsure.has(line) && (line.complete || life.ending)),
    );
    const got = () => new Set(this.rig.texts);
    const missing = () => {
      const have = got();
      return must.filter(({ text }) => !have.has(text)).map(({ text }) => text.slice(0, 40));
    };
    await this.rig.until('everything arrived', () => missing().length === 0, 15_000).catch(() => {});
    assert.deepEqual(missing(), [], `missing after ${history}`);
    const repeated = this.rig.texts.filter((text, index, all) => all.indexOf(text) !== index && !this.#mayRepeat.has(text));
    assert.deepEqual(
      repeated.map((text) => text.slice(0, 40)),
      [],
      `repeated after ${history}`,
    );
    const destroyed = [...this.#lost].filter(({ text }) => !got().has(text)).reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
    await this.rig.until('losses were counted', () => this.rig.counters.lostBytes >= destroyed, 10_000);
    assert.ok(
      this.rig.counters.lostBytes <= this.#lostBytes,
      `${this.rig.counters.lostBytes} of at most ${this.#lostBytes} counted after ${history}`,
    );
  }

  #write(name: string, complete: boolean): void {
    const life = this.#live.get(name) ?? this.#begin(name);
    const last = life.lines.at(-1);
    const text = `${this.#count++} ${'x'.repeat(Math.floor(this.#random() ** 3 * 3_000))}`;
    if (last !== undefined && !last.complete) {
      last.text += text;
      last.complete = complete;
    } else life.lines.push({ text, complete, start: life.size });
    appendFileSync(life.path, complete ? `${text}\n` : text);
    life.size += text.length + (complete ? 1 : 0);
  }

  #begin(name: string): Life {
    const life = { path: this.rig.path(name), lines: [], size: 0, ending: false, unreachable: false };
    this.#live.set(name, life);
    this.#all.push(life);
    return life;
  }

  async #rotate(name: string, life: Life): Promise<void> {
    const last = life.lines.at(-1);
    // Of a file that was found under its new name nobody knows whether it will go on.
    if (this.#random() < 0.5) await this.#seen(life);
    else if (last !== undefined && !last.complete) this.#unsure.add(last);
    const to = this.rig.path(`${name}.${this.#count++}`);
    renameSync(life.path, to);
    this.#end(name, life, to);
  }

  #end(name: string, life: Life, path: string): void {
    life.path = path;
    life.ending = true;
    this.#live.delete(name);
  }

  async #copyTruncate(name: string, life: Life): Promise<void> {
    await this.#seen(life);
    const to = this.rig.path(`${name}.${this.#count++}`);
    copyFileSync(life.path, to);
    truncateSync(life.path);
    this.#end(name, life, to);
    this.#begin(name);
    // The next rotation of the same file within this moment would take the copy for one of a copy.
    await this.#seen(life);
  }

  async #delete(name: string, life: Life): Promise<void> {
    await this.#seen(life);
    unlinkSync(life.path);
    this.#end(name, life, '');
    life.unreachable = true;
  }

  async #moveAway(name: string, life: Life): Promise<void> {
    await this.#seen(life);
    renameSync(life.path, this.rig.path(`away/${this.#count++}`));
    this.#end(name, life, '');
    life.unreachable = true;
  }

  async #truncate(name: string, life: Life): Promise<void> {
    if (life.size === 0) return;
    await this.#seen(life);
    const read = this.#lag(life)?.read ?? 0;
    truncateSync(life.path);
    for (const line of life.lines) if (!line.complete || line.start >= read) this.#lost.add(line);
    this.#lostBytes += life.size - read;
    this.#live.delete(name);
    const next = this.#begin(name);
    await this.rig.until('the truncation was seen', () => (this.#lag(next)?.size ?? 0) === 0);
  }

  #lag(life: Life) {
    return this.rig.source.lags?.(1_000).find(({ name, note }) => name === life.path && note !== 'moved' && note !== 'deleted');
  }

  /** The source knows how large the file is. */
  async #seen(life: Life): Promise<void> {
    if (life.size > 0) await this.rig.until(`${life.path} was seen`, () => this.#lag(life)?.size === life.size);
  }

  async #seenAll(): Promise<void> {
    for (const life of this.#live.values()) await this.#seen(life);
  }

  #pause(): void {
    if (this.#open !== undefined) return;
    this.rig.full = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  #resume(): void {
    this.rig.full = undefined;
    this.#open?.();
    this.#open = undefined;
  }

  #keep(): void {
    if (this.rig.acknowledge === 'keep') return;
    this.rig.acknowledge = 'keep';
    this.#settledUpTo = this.rig.got.length;
  }

  #settle(): void {
    this.rig.acknowledge = 'settle';
    this.rig.settleAll();
  }

  async #restart(): Promise<void> {
    // What only the process had open is gone with it.
    for (const life of this.#all) if (life.unreachable) await this.#delivered(life);
    await this.rig.stop();
    // Delivered and not acknowledged: that it arrived nobody knows any more.
    if (this.rig.acknowledge === 'keep') for (const life of this.#all) if (life.unreachable) this.#lostBytes += life.size;
    if (this.rig.acknowledge === 'keep') for (const text of this.rig.texts.slice(this.#settledUpTo)) this.#mayRepeat.add(text);
    this.#settledUpTo = this.rig.got.length;
    if (this.#random() < 0.5) for (const name of this.#live.keys()) this.#write(name, true);
    await this.start();
  }

  async #delivered(life: Life): Promise<void> {
    const texts = new Set(this.rig.texts);
    if (life.lines.every(({ text }) => texts.has(text))) return;
    this.#resume();
    await this.rig.until('what is deleted is read', () => {
      const have = new Set(this.rig.texts);
      return life.lines.every((line) => have.has(line.text) || this.#lost.has(line) || this.#unsure.has(line));
    });
  }
}

function weighted<T extends readonly [string, number, unknown]>(choices: readonly T[], random: number): T {
  const urn = choices.flatMap((choice) => Array.from({ length: choice[1] }, () => choice));
  const drawn = urn[Math.floor(random * urn.length)];
  if (drawn === undefined) throw new Error('nothing to choose from');
  return drawn;
}

const seeds = process.env.FAIRLEAD_TAIL_SEED === undefined ? [1, 2, 3, 4, 5, 6] : [Number(process.env.FAIRLEAD_TAIL_SEED)];

for (const seed of seeds)
  test(`random lives of files, seed ${seed}`, async () => {
    await using world = new World(seeded(seed));
    await world.start();
    const history: string[] = [];
    for (let step = 0; step < 120; step++) history.push(await world.step());
    await world.verify(history.join(', '));
  });
