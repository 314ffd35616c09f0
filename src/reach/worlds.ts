import { formatOrigin } from '../core/origin.ts';
import type { EngineVersion, Environment, HostFirewall, Platform } from '../network/environment.ts';
import { engineVersions, hostFirewalls, platforms } from '../network/environment.ts';
import type { Fact } from '../network/fact.ts';

/** More worlds than any real question needs; beyond it the remaining ones are taken for like the ones seen. */
const MAX_WORLDS = 256;

export interface Choice {
  readonly key: string;
  readonly value: string;
  /** What has to be known to decide between the values. */
  readonly missing: string;
}

/**
 * One world of those that fit what is known. The trace asks it for facts; an unknown fact with a closed set of values
 * is chosen here, and `explore` runs the trace again for every other choice. A fact that nobody asks for makes no worlds.
 */
export class World {
  readonly choices: Choice[] = [];
  readonly assumptions = new Set<string>();
  readonly environment: Environment;
  readonly #script: readonly number[];
  readonly #branches: number[] = [];

  constructor(environment: Environment, script: readonly number[]) {
    this.environment = environment;
    this.#script = script;
  }

  /** One of `values`, each in a world of its own. The same key asked twice gives the same answer. */
  choose<T extends string>(key: string, values: readonly [T, ...T[]], missing: string): T {
    const earlier = this.choices.find((choice) => choice.key === key);
    // The value came from this same closed list under this same key.
    if (earlier !== undefined) return earlier.value as T;
    const index = this.#script[this.choices.length] ?? 0;
    const value = values[index] ?? values[0];
    this.choices.push({ key, value, missing });
    this.#branches.push(values.length);
    return value;
  }

  /** Scripts of the sibling worlds that branch off behind what this world's script had fixed. */
  siblings(): number[][] {
    const taken = this.choices.map((_, position) => this.#script[position] ?? 0);
    const scripts: number[][] = [];
    for (let position = this.#script.length; position < taken.length; position += 1)
      for (let branch = 1; branch < (this.#branches[position] ?? 0); branch += 1) scripts.push([...taken.slice(0, position), branch]);
    return scripts;
  }

  get engine(): EngineVersion {
    return this.#fact('engine', this.environment.engine, engineVersions);
  }

  /** True when the engine is at least `version` (a member of `engineVersions`). */
  since(version: EngineVersion): boolean {
    return engineVersions.indexOf(this.engine) >= engineVersions.indexOf(version);
  }

  get platform(): Platform {
    return this.#fact('platform', this.environment.platform, platforms);
  }

  get hostFirewall(): HostFirewall {
    return this.#fact('hostFirewall', this.environment.hostFirewall, hostFirewalls);
  }

  get rootless(): boolean {
    return this.#flag('rootless', this.environment.rootless);
  }

  get userlandProxy(): boolean {
    return this.#flag('userlandProxy', this.environment.userlandProxy);
  }

  get iptables(): boolean {
    return this.#flag('iptables', this.environment.iptables);
  }

  /** Unless somebody said otherwise, what the engine's version does by default. */
  get ip6tables(): boolean {
    const { ip6tables } = this.environment;
    return ip6tables.knowledge === 'unknown' ? this.since('27') : this.#flag('ip6tables', ip6tables);
  }

  #flag(key: string, fact: Fact<boolean>): boolean {
    return this.#fact(key, mapFact(fact), ['on', 'off'] as const) === 'on';
  }

  #fact<T extends string>(key: string, fact: Fact<T>, values: readonly [T, ...T[]]): T {
    if (fact.knowledge === 'unknown') return this.choose(key, values, fact.missing);
    if (fact.knowledge === 'assumed') this.assumptions.add(formatOrigin(fact.origin));
    return fact.value;
  }
}

function mapFact(fact: Fact<boolean>): Fact<'on' | 'off'> {
  return fact.knowledge === 'unknown' ? fact : { ...fact, value: fact.value ? 'on' : 'off' };
}

export interface Explored<T> {
  readonly world: World;
  readonly result: T;
}

/** Runs `trace` once per world, in the order of the choices' values. */
export function explore<T>(environment: Environment, trace: (world: World) => T): Explored<T>[] {
  const explored: Explored<T>[] = [];
  const scripts: number[][] = [[]];
  for (let script = scripts.shift(); script !== undefined && explored.length < MAX_WORLDS; script = scripts.shift()) {
    const world = new World(environment, script);
    explored.push({ world, result: trace(world) });
    scripts.push(...world.siblings());
  }
  return explored;
}
