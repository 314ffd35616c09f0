/** The pipeline as a part of the agent: sections of settings in, a running pipeline out, exchanged while it runs. */
import type { Pipeline, PipelineDeps } from '../../pipeline/runtime/pipeline.ts';
import type { PipelineState } from '../../pipeline/runtime/state.ts';
import type { HealthSink, Part } from '../part.ts';
import type { PipelineSections } from '../settings/pipeline.ts';
import { wholePipeline } from '../settings/pipeline.ts';

export interface PipelinePart extends AsyncDisposable {
  /** One for each section, because that is how configurations come. */
  readonly parts: readonly Part[];
  state(): PipelineState;
  tap: Pipeline['tap'];
  /** Settles when all sources have ended by themselves. */
  readonly done: Promise<void>;
}

export interface PipelinePartDeps extends Omit<PipelineDeps, 'health'> {
  readonly health: HealthSink;
  /** Goes on, and tries again, when the pipeline cannot be started at first. */
  readonly patient: boolean;
}

const tryAgainMs = 15_000;

/** Nothing of the pipeline is loaded before there is something to collect. */
export async function createPipelinePart(sections: PipelineSections, deps: PipelinePartDeps): Promise<PipelinePart> {
  let wanted = sections;
  let running: Pipeline | undefined;
  const done = Promise.withResolvers<void>();
  const health: PipelineDeps['health'] = (path, problem) => {
    const component = `pipeline/${path}`;
    if (problem === 'removed') deps.health.remove(component);
    else if (problem === undefined) deps.health.set(component, { healthy: true, status: 'running' });
    else deps.health.set(component, { healthy: false, status: 'not working', lastError: problem });
  };
  const use = async (next: PipelineSections): Promise<void> => {
    const whole = wholePipeline(next, deps.dir);
    if (running !== undefined) await running.apply(whole ?? { sources: {}, transforms: {}, sinks: {}, routes: [] });
    else if (whole !== undefined) {
      const { startPipeline } = await import('../../pipeline/runtime/pipeline.ts');
      running = await startPipeline(whole, { ...deps, health });
      void running.done.then(done.resolve);
    }
    wanted = next;
  };
  let cancel = () => {};
  const begin = async (): Promise<void> => {
    try {
      await use(wanted);
      deps.health.remove('pipeline/start');
    } catch (cause) {
      if (!deps.patient) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      deps.log.event('pipeline.start-failed', { reason });
      deps.health.set('pipeline/start', { healthy: false, status: 'not started', lastError: reason });
      cancel = deps.clock.after(tryAgainMs, () => void begin());
    }
  };
  await begin();
  const section = (name: keyof PipelineSections): Part => ({
    name,
    apply(_next, all) {
      cancel();
      // At the first of them: a source must not run for a moment with the output of the settings before. They were parsed by their own definition (remote/).
      return use({ ...wanted, ...(all as Partial<PipelineSections>), output: all.output as PipelineSections['output'] });
    },
  });
  return {
    parts: [section('pipeline'), section('log_sources'), section('output')],
    state: () => running?.state() ?? { sources: [], transforms: [], sinks: [], slabs: { out: 0, size: 0 } },
    tap: (name, listener) => running?.tap(name, listener),
    done: done.promise,
    async [Symbol.asyncDispose]() {
      cancel();
      await running?.[Symbol.asyncDispose]();
    },
  };
}
