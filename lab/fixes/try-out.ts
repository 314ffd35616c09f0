import type { Fix, Question, Symptom, Verdict } from '../../src/network/answer.ts';
import { hostFirewalls } from '../../src/network/environment.ts';
import type { LabEngine } from '../engine.ts';
import { containerSpace } from '../lan.ts';
import { firewallArguments } from '../topology.ts';
import { addressesOfHost, everyListener, listenersMeant, type Offer, type Reading, readKnowingAll } from './judge.ts';
import type { PeerRuntime } from './peer-runtime.ts';
import type { Trial } from './questions.ts';
import { runShell } from './shell.ts';
import { type Dialled, type Staged, stage } from './staging.ts';

export interface Bench {
  readonly engine: LabEngine;
  readonly runtime: PeerRuntime;
}

/** What the model says and what really happened. */
export interface Side {
  readonly question: string;
  readonly model: string;
  readonly real: string;
}

export interface Tried {
  readonly before: Side;
  readonly after: Side;
  /** What is wrong; empty when model and engine agree and the fix works. */
  readonly faults: readonly string[];
}

interface Answer {
  readonly question: Question;
  readonly verdict: Verdict;
  readonly real: Dialled | undefined;
}

interface Look {
  readonly refused: readonly string[];
  readonly answers: readonly Answer[];
}

/** Runs the files as they are, then with the fix, and asks the same of the model and of the engine. */
export async function tryOut(bench: Bench, offer: Offer, trial: Trial, reading: Reading, mended: Reading): Promise<Tried> {
  const meant = trial.after.flatMap((question) => listenersMeant(mended, question));
  const blocks = blocksOf(reading);
  await using _ = await firewall(bench.engine, blocks);
  const before = await look(bench, readKnowingAll(reading, bench.engine.version, everyListener(reading.model, meant)), trial.before);
  const after = await look(
    bench,
    readKnowingAll(mended, bench.engine.version, everyListener(mended.model, meant)),
    trial.after,
    admitted(offer.fix),
  );
  return {
    before: sideOf(before, trial.kind),
    after: sideOf(after, trial.kind),
    faults: [...wrongBefore[trial.kind](before, offer), ...wrongAfter(after, trial.kind)],
  };
}

/** Asks model and engine the same of files that nobody changes; `certain` answers must also be what the case says. */
export async function askBoth(
  bench: Bench,
  reading: Reading,
  asked: readonly { readonly question: Question; readonly certain?: Symptom }[],
): Promise<Omit<Tried, 'after'>> {
  const questions = asked.map(({ question }) => question);
  const meant = questions.flatMap((question) => listenersMeant(reading, question));
  await using _ = await firewall(bench.engine, blocksOf(reading));
  const seen = await look(bench, readKnowingAll(reading, bench.engine.version, everyListener(reading.model, meant)), questions);
  const wrong = seen.answers.flatMap(({ verdict, real }, index) => {
    const certain = asked[index]?.certain;
    if (real === undefined) return ['who asks does not run'];
    if (real.outcome !== verdict.symptom) return [`${real.outcome}, but the model says ${verdict.kind} ${verdict.symptom}`];
    return certain === undefined || certain === real.outcome ? [] : [`${real.outcome}, but the case says ${certain}`];
  });
  return { before: sideOf(seen, 'turns'), faults: [...seen.refused, ...wrong] };
}

function blocksOf({ files }: Reading): readonly (readonly string[])[] {
  const kind = hostFirewalls.find((one) => one === files.host.get('host-firewall')?.[0]) ?? 'open';
  const rule = { chain: 'INPUT', source: containerSpace.v4, newOnly: true } as const;
  switch (kind) {
    case 'open':
      return [];
    case 'drop':
      return [firewallArguments({ ...rule, action: 'DROP' })];
    case 'reject':
      return [firewallArguments({ ...rule, action: 'REJECT' })];
    case 'reject-prohibited':
      return [firewallArguments({ ...rule, action: 'REJECT', rejectWith: 'icmp-host-prohibited' })];
    default:
      return kind satisfies never;
  }
}

interface Admission {
  /** A subnet, or `$(docker network inspect …)` that prints one once the network exists. */
  readonly source: string;
  readonly port: string;
  readonly transport: string;
}

/** `ufw allow from SOURCE to any port PORT proto PROTO`, where SOURCE is something that can be typed. */
export function admitted({ title }: Fix): Admission | undefined {
  const [, source = '', port = '', transport = ''] =
    /ufw allow from (\d\S+\/\d+|"?\$\(.+?\)"?) to any port (\d+) proto (tcp|udp)/.exec(title) ?? [];
  return source === '' ? undefined : { source, port, transport };
}

/** What ufw does with it: a rule of iptables(8) in front of those that drop. */
async function admit(engine: LabEngine, admission: Admission | undefined): Promise<AsyncDisposable> {
  if (admission === undefined) return firewall(engine, []);
  const { stdout, stderr } = await runShell(engine, ['-c', `printf %s ${admission.source}`], engine.run.dir);
  if (stderr !== '') throw new Error(`${admission.source}: ${stderr}`);
  return firewall(engine, [['INPUT', '-s', stdout, '-p', admission.transport, '--dport', admission.port, '-j', 'ACCEPT']]);
}

async function firewall(engine: LabEngine, rules: readonly (readonly string[])[]): Promise<AsyncDisposable> {
  const change = async (verb: string, rule: readonly string[]) => {
    const result = await engine.at('host', '/usr/sbin/iptables', ['-w', verb, ...rule]);
    if (result.code !== 0) throw new Error(`iptables ${verb} ${rule.join(' ')}: ${result.stderr.trim()}`);
  };
  for (const rule of rules) await change('-I', rule);
  return {
    async [Symbol.asyncDispose]() {
      for (const rule of rules) await change('-D', rule);
    },
  };
}

async function look(
  { engine, runtime }: Bench,
  { files, model, reach }: Reading,
  questions: readonly Question[],
  admission?: Admission,
): Promise<Look> {
  const around = { model, listeners: everyListener(model, []), hostAddresses: addressesOfHost(model) };
  await using staged: Staged = await stage(engine, runtime, files, around);
  await using _ = await admit(engine, admission);
  const answers = await Promise.all(
    questions.map(async (question) => ({ question, verdict: reach.ask(question), real: await staged.dial(question) })),
  );
  return { refused: staged.refused, answers };
}

function sideOf({ refused, answers }: Look, kind: Trial['kind']): Side {
  const started = refused.length > 0 ? [`refused: ${refused.join('; ')}`] : kind === 'starts' ? ['starts'] : [];
  return {
    question: answers.map(({ question }) => describe(question)).join(', '),
    model: answers.map(({ verdict }) => `${verdict.kind} ${verdict.symptom}`).join(', '),
    real: [...started, ...answers.map(({ real }) => (real === undefined ? 'does not run' : realText(real, kind)))].join(', '),
  };
}

function realText({ outcome, server, seenAs, seenAsItself }: Dialled, kind: Trial['kind']): string {
  if (outcome !== 'ok') return outcome;
  return `ok by ${server}${kind === 'source' ? `, which sees ${seenAsItself ? 'the client' : seenAs}` : ''}`;
}

function describe({ from, host, port, transport }: Question): string {
  const source = from.kind === 'workload' ? from.workloadId : from.kind;
  return `${source} → ${host}:${port}${transport === 'tcp' ? '' : `/${transport}`}`;
}

type Judge = (look: Look, offer: Offer) => readonly string[];

const wrongBefore: Readonly<Record<Trial['kind'], Judge>> = {
  turns: wrongSymptom,
  starts: ({ refused }) => (refused.length > 0 ? [] : ['before: everything started, though one had to be refused']),
  stays: ({ answers }) =>
    answers.flatMap(({ real }) => (real?.outcome === 'ok' ? [] : [`before: ${real?.outcome}, though nothing was broken`])),
  source: ({ answers }) =>
    answers.flatMap(({ real }) => (real?.outcome === 'ok' && !real.seenAsItself ? [] : ['before: the server sees the client itself'])),
};

function wrongSymptom({ refused, answers }: Look, { finding }: Offer): readonly string[] {
  const wrong = answers.flatMap(({ verdict, real }) => {
    if (real === undefined) return refused.length > 0 ? [] : ['before: who asks does not run'];
    if (real.outcome === 'ok') return ['before: the connection works without the fix'];
    return real.outcome === verdict.symptom ? [] : [`before: ${real.outcome}, but the model says ${verdict.symptom}`];
  });
  const said = finding.verdict?.symptom;
  const first = answers[0]?.real?.outcome;
  const unsaid = said !== undefined && first !== undefined && first !== said ? [`before: ${first}, but the finding says ${said}`] : [];
  return [...wrong, ...unsaid];
}

/** Whether a stranger of the outer world answers, no model knows. */
function wrongAfter({ refused, answers }: Look, kind: Trial['kind']): readonly string[] {
  const wrong = answers.flatMap(({ verdict, real }) => {
    if (real?.outcome !== 'ok') return [`after: ${real?.outcome ?? 'who asks does not run'}, model ${verdict.kind}`];
    if (verdict.kind !== 'reachable' && real.server !== 'remote')
      return [`after: ok, but the model says ${verdict.kind} ${verdict.symptom}`];
    if (kind === 'source' && !real.seenAsItself) return [`after: the server sees ${real.seenAs}`];
    const { answeredBy } = verdict;
    return answeredBy === undefined || answeredBy === real.server ? [] : [`after: ${real.server} answered, but ${answeredBy} was meant`];
  });
  return [...refused.map((text) => `after: ${text}`), ...wrong];
}
