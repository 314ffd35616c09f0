import { toDockerCommands, toFirewallCommands } from '../docker-commands.ts';
import { type LabEngine, startEngine } from '../engine.ts';
import { agrees, type Prediction, predict } from '../predict.ts';
import type { ProbeResult } from '../probe.ts';
import { type Limits, type Realised, realise } from '../realise.ts';
import { describeQuestion, type Question, type Topology } from '../topology.ts';
import { generate, type RandomCase } from './generate.ts';
import { questionsOf } from './questions.ts';
import { shrink } from './shrink.ts';

/** The model and the engine disagree about one question. */
export interface Disagreement {
  readonly question: Question;
  readonly predicted: Prediction;
  readonly measured: ProbeResult;
}

export interface CaseResult {
  readonly case: RandomCase;
  readonly version: string;
  readonly asked: number;
  /** Questions for which there was a model to compare with. */
  readonly compared: number;
  /** What the engine or a process refused, though the generator makes only valid topologies. */
  readonly refused: readonly string[];
  readonly disagreements: readonly Disagreement[];
  /** The first disagreement on the smallest topology that still shows it. */
  readonly smallest: Topology | undefined;
}

export interface RandomOptions {
  readonly version: string;
  readonly count: number;
  readonly seed: string;
  /** Run only the case of this number. */
  readonly only?: number;
  readonly onCase: (result: CaseResult, done: number) => void;
}

/** A drop is silence: on one machine everything else answers within milliseconds. Doubts are asked again with `patient`. */
const quick = { timeoutMs: 900, resolveTimeoutMs: 1200 };
const patient = { timeoutMs: 3500, resolveTimeoutMs: 4000 };

/** Engines per kind of engine: while one waits for silence, the others work. A few topologies do not pay for starting more. */
function enginesPerKind(count: number): number {
  return count < 40 ? 1 : 2;
}

/** Generates, realises and asks `count` topologies; the seed of case n is `<seed>/<n>`. */
export async function runRandom(options: RandomOptions): Promise<readonly CaseResult[]> {
  const numbers = options.only === undefined ? Array.from({ length: options.count }, (_, index) => index + 1) : [options.only];
  const cases = numbers.map((number) => generate(`${options.seed}/${number}`));
  const results: CaseResult[] = [];
  let shrunk = 0;
  const queues = [true, false].map((proxy) => cases.filter((one) => one.userlandProxy === proxy));
  const workers = queues.flatMap((queue) =>
    Array.from({ length: Math.min(enginesPerKind(options.count), queue.length) }, () => work(queue)),
  );
  await Promise.all(workers);
  return results;

  async function work(queue: RandomCase[]): Promise<void> {
    const [first] = queue;
    if (first === undefined) return;
    await using engine = await startEngine({ version: options.version, userlandProxy: first.userlandProxy });
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const result = await runCase(engine, next, () => shrunk++ < shrinkAtMost);
      results.push(result);
      options.onCase(result, results.length);
    }
  }
}

/** Shrinking costs a minute of real topologies, and who sees three examples has enough to do. */
const shrinkAtMost = 3;

async function runCase(engine: LabEngine, one: RandomCase, shrinkIt: () => boolean): Promise<CaseResult> {
  const outcome = await compare(engine, one.topology, questionsOf(one.topology), patient);
  const [first] = outcome.disagreements;
  if (first === undefined || !shrinkIt()) return { case: one, version: engine.version, ...outcome, smallest: undefined };
  const smallest = await shrink(one.topology, first.question, (smaller) => failsAlike(engine, smaller, first));
  return { case: one, version: engine.version, ...outcome, smallest };
}

/** Where the model already says what the engine said of the larger topology, the cause has gone: nothing needs to run for that. */
async function failsAlike(engine: LabEngine, topology: Topology, original: Disagreement): Promise<boolean> {
  const { question, measured } = original;
  const { version, userlandProxy, daemonArgs } = engine;
  const predicted = predict(question, { topology, version, userlandProxy, daemonArgs });
  if (predicted === undefined || agrees(predicted, measured)) return false;
  const outcome = await compare(engine, topology, [question], quick);
  return outcome.refused.length === 0 && outcome.disagreements.some((one) => kindOf(one) === kindOf(original));
}

type Comparison = Pick<CaseResult, 'asked' | 'compared' | 'refused' | 'disagreements'>;

async function compare(engine: LabEngine, topology: Topology, questions: readonly Question[], doubts: Limits): Promise<Comparison> {
  await using realised = await realise(engine, topology);
  const refused = [...realised.refused].map(([what, why]) => `${what}: ${why}`);
  if (refused.length > 0) return { asked: 0, compared: 0, refused, disagreements: [] };
  const { version, userlandProxy, daemonArgs } = engine;
  const context = { topology, version, userlandProxy, daemonArgs };
  const askable = questions.filter((question) => realised.resolve(question.to) !== undefined);
  const results = await Promise.all(askable.map((question) => askAndCompare(realised, question, predict(question, context), doubts)));
  return {
    asked: askable.length,
    compared: results.filter((result) => result !== 'no model').length,
    refused,
    disagreements: results.filter((result) => typeof result === 'object'),
  };
}

async function askAndCompare(
  realised: Realised,
  question: Question,
  predicted: Prediction | undefined,
  doubts: Limits,
): Promise<Disagreement | 'agreed' | 'no model'> {
  const measured = await realised.ask(question, quick);
  if (predicted === undefined) return 'no model';
  if (agrees(predicted, measured)) return 'agreed';
  const again = await realised.ask(question, doubts); // a busy machine answers late
  return agrees(predicted, again) ? 'agreed' : { question, predicted, measured: again };
}

/** What a person needs to see a disagreement for themselves. */
export function describeDisagreement(result: CaseResult): string {
  const { disagreements, smallest } = result;
  const where = `seed ${result.case.seed}, Docker ${result.version}, userland-proxy ${result.case.userlandProxy}`;
  const head = `# ${where}: ${disagreements.length} of ${result.compared} disagree`;
  const examples = differentKinds(disagreements).flatMap((one) => describeOne(one));
  return [head, ...examples, ...(smallest === undefined ? [] : describeTopology(smallest))].join('\n');
}

/** Shrinking must not slip from one disagreement to another. */
function kindOf({ predicted, measured }: Disagreement): string {
  return `${predicted.verdict} ${predicted.symptom} ${measured.outcome}`;
}

/** One of each pair of outcomes; the first disagreement is the one that was shrunk. */
function differentKinds(disagreements: readonly Disagreement[]): readonly Disagreement[] {
  const kinds = Map.groupBy(disagreements, kindOf);
  return [...kinds.values()].flatMap((same) => same.slice(0, 1));
}

function describeOne({ question, predicted, measured }: Disagreement): readonly string[] {
  const by = (name: string | undefined) => (name === undefined || name === '' ? '' : ` by ${name}`);
  return [
    `# ${describeQuestion(question)}`,
    `#   model: ${predicted.verdict} (${predicted.symptom})${by(predicted.answeredBy)}`,
    `#   engine: ${measured.outcome} ${measured.code} ${measured.phase} after ${measured.ms} ms${by(measured.answeredBy)}`,
  ];
}

function describeTopology(topology: Topology): readonly string[] {
  const processes = [
    ...topology.containers.map((one) => ({ who: one.name, listeners: one.listeners })),
    { who: 'host', listeners: topology.host.listeners },
  ];
  const listening = processes.map(({ who, listeners }) => {
    const list = listeners.map((one) => `${one.address}:${one.port}/${one.transport}`).join(', ');
    return `#   ${who} listens on ${list || 'nothing'}`;
  });
  return [
    '# the smallest topology that shows the first of them:',
    ...listening,
    ...toFirewallCommands(topology),
    toDockerCommands(topology),
  ];
}
