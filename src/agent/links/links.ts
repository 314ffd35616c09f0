/** The part that watches links: each is checked on a jittered schedule of its own, never twice at once, and never too many together. */
import { readFile } from 'node:fs/promises';
import type { Part } from '../part.ts';
import type { LinkSettings, LinksSettings } from '../settings/links.ts';
import { type CheckTools, check } from './check.ts';
import { kindOf } from './target-kind.ts';
import { type LinkState, type WatchDeps, type Watched, watchLink } from './watch.ts';

export interface LinksDeps extends WatchDeps, Omit<CheckTools, 'signal' | 'monotonicMs'> {
  readonly random: () => number;
}

export interface LinkReport extends LinkState {
  readonly host: string;
  readonly port: number;
  readonly kind: 'tcp' | 'tls' | 'http';
  readonly purpose: string;
}

export interface Links extends Part, AsyncDisposable {
  states(): readonly LinkReport[];
}

/** Checks at once: enough for hundreds of links, too few to look like a scan or to exhaust anything. */
const maxRunning = 8;
/** Over how long the first checks of new links are spread. */
const firstWithinMs = 1_000;
/** A result that speaks against what is known is looked after sooner: in a quarter of the time, but not sooner than this. */
const soonestMs = 1_000;

interface Running {
  readonly settings: LinkSettings;
  readonly watched: Watched;
  ca: string | undefined;
  cancel: () => void;
}

export async function createLinks(settings: LinksSettings, deps: LinksDeps): Promise<Links> {
  const { clock, random } = deps;
  const links = new Map<string, Running>();
  const stop = new AbortController();
  const tools: CheckTools = { ...deps, monotonicMs: () => clock.monotonicMs(), signal: stop.signal };
  const waiting: Running[] = [];
  const running = new Set<Promise<void>>();

  const schedule = (link: Running, delayMs: number): void => {
    if (stop.signal.aborted || links.get(link.settings.name) !== link) return;
    link.cancel = clock.after(delayMs, () => {
      waiting.push(link);
      fill();
    });
  };
  const fill = (): void => {
    while (running.size < maxRunning && !stop.signal.aborted) {
      const link = waiting.shift();
      if (link === undefined) return;
      const task = look(link).finally(() => {
        running.delete(task);
        fill();
      });
      running.add(task);
    }
  };
  const look = async (link: Running): Promise<void> => {
    if (links.get(link.settings.name) !== link) return;
    const { name, to, plane, every, timeout } = link.settings;
    const checked = await check({ kind: kindOf(link.settings), to, plane, timeout, ca: link.ca }, tools);
    // Meanwhile the agent may have ended, or the link may have been changed: what was seen then belongs to nothing.
    if (stop.signal.aborted || links.get(name) !== link) return;
    deps.metrics.checked(name, checked.ok, checked.ms);
    link.watched.result(checked.ok ? undefined : checked.error);
    const period = link.watched.verdict().against > 0 ? Math.min(every, Math.max(soonestMs, every / 4)) : every;
    schedule(link, period * (0.9 + random() / 5));
  };
  const remove = (link: Running): void => {
    link.cancel();
    links.delete(link.settings.name);
    const at = waiting.indexOf(link);
    if (at !== -1) waiting.splice(at, 1);
  };
  const add = (one: LinkSettings, ca: string | undefined): void => {
    const { name, plane, downAfter, upAfter, required } = one;
    const watched = watchLink({ name, to: one.to.text, plane, component: `links/${name}`, downAfter, upAfter, required }, deps);
    const link: Running = { settings: one, watched, ca, cancel: () => {} };
    links.set(name, link);
    schedule(link, random() * firstWithinMs);
  };

  const apply = async (next: LinksSettings): Promise<void> => {
    // Files are read before anything is changed: one that is not there leaves everything as it is.
    const authorities = new Map<string, string>();
    for (const { caFile } of next) if (caFile !== undefined) authorities.set(caFile, await readFile(caFile, 'utf8'));
    const wanted = new Map(next.map((one) => [one.name, one]));
    for (const link of links.values()) {
      const now = wanted.get(link.settings.name);
      if (now !== undefined && same(now, link.settings)) link.ca = authorities.get(now.caFile ?? '');
      else {
        remove(link);
        link.watched.forget();
      }
    }
    for (const one of next) if (!links.has(one.name)) add(one, authorities.get(one.caFile ?? ''));
    for (const outage of deps.journal.carried())
      if (outage.link !== 'control' && !links.has(outage.link)) deps.journal.close(outage.id, 'not-watched');
  };
  await apply(settings);

  return {
    name: 'links',
    // The section as its own definition gave it.
    apply: (next) => apply(next as LinksSettings),
    states: () =>
      [...links.values()].map(({ settings: one, watched }) => ({
        ...watched.state(),
        host: one.to.host,
        port: one.to.port,
        kind: kindOf(one),
        purpose: one.purpose,
      })),
    async [Symbol.asyncDispose]() {
      stop.abort();
      for (const link of links.values()) link.cancel();
      await Promise.all(running);
    },
  };
}

/** Settings are plain data. */
function same(a: LinkSettings, b: LinkSettings): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
