/** The answers of a model before and after a fix, and what differs between them. */
import type { Question, Source, VerdictKind } from '../../network/answer.ts';
import { addressOf } from '../../network/answer.ts';
import { lookup } from '../../network/lookup.ts';
import type { Link, Model } from '../../network/model.ts';
import { HOST_NAMESPACE } from '../../network/model.ts';
import type { Reach } from '../../reach/index.ts';

export interface Judged {
  readonly model: Model;
  readonly reach: Reach;
}

/** An answer that a fix changes. */
export interface Shift {
  readonly text: string;
  readonly worse: boolean;
}

const rank: Readonly<Record<VerdictKind, number>> = { reachable: 3, ambiguous: 2, undetermined: 1, unreachable: 0 };

interface Row {
  readonly label: string;
  readonly kind: VerdictKind;
}

/** Links whose verdict changes, without the one that the fix is about. */
export function linkShifts(before: Judged, after: Judged, subject: string | undefined): readonly Shift[] {
  const old = linkRows(before);
  return [...linkRows(after)].flatMap(([key, row]) => {
    const was = old.get(key);
    if (was === undefined || was.kind === row.kind || key === subject) return [];
    return [{ text: `${row.label} becomes ${row.kind} (was ${was.kind})`, worse: rank[row.kind] < rank[was.kind] }];
  });
}

/** A link's identity across two readings: its id and its text may change with an edit, its setting does not. */
export const linkKey = (link: Link): string => `${link.workloadId}\n${link.setting}\n${link.evaluator}\n${link.purpose}`;

/** Links that share a setting (a list of brokers in one variable) are told apart by their order. */
function linkRows({ model, reach }: Judged): ReadonlyMap<string, Row> {
  const { workload } = lookup(model);
  const rows = new Map<string, Row>();
  for (const [key, links] of Map.groupBy(model.links, linkKey)) {
    links.forEach((link, index) => {
      const question = reach.questionOf(link);
      const label = `${workload.get(link.workloadId)?.name ?? link.workloadId} → ${link.raw}`;
      if (question !== undefined) rows.set(index === 0 ? key : `${key}\n${index}`, { label, kind: reach.ask(question).kind });
    });
  }
  return rows;
}

/** So many pairs are asked at most; in larger inputs the ones that are left are of the same classes. */
const MAX_PAIRS = 600;

/**
 * Who can reach what by address, for the workloads that a fix touched: each of them to every listener of the others
 * and back, and the host and other machines to their published ports. No link asks this, but somebody opens a door here.
 */
export function pairShifts(before: Judged, after: Judged, touched: ReadonlySet<string>, point: Question | undefined): readonly Shift[] {
  const meant = point === undefined ? undefined : after.reach.ask(point).answeredBy;
  const isThePoint = ({ question, target }: Pair): boolean =>
    point?.from.kind === 'workload' &&
    question.from.kind === 'workload' &&
    question.from.workloadId === point.from.workloadId &&
    target === meant &&
    question.port === point.port;
  const questions = allPairs(before.model, after.model, touched)
    .filter((pair) => !isThePoint(pair))
    .slice(0, MAX_PAIRS);
  const opened = new Map<string, string[]>();
  const closed: Shift[] = [];
  for (const { from, to, question } of questions) {
    const was = answer(before, question);
    const is = answer(after, question);
    if (was === undefined || is === undefined || was === is || (was === 'reachable') === (is === 'reachable')) continue;
    if (is === 'reachable') opened.set(from, [...(opened.get(from) ?? []), to]);
    else closed.push({ text: `${from} can no longer reach ${to}${question.from.kind === 'workload' ? ' by address' : ''}`, worse: false });
  }
  const doors = [...opened].map(([from, targets]) => ({
    text: `${from} can now also reach ${[...new Set(targets)].join(', ')}`,
    worse: false,
  }));
  return [...doors, ...closed];
}

/** Of both models: a port that a fix takes away is asked for as well as one that it adds. */
function allPairs(before: Model, after: Model, touched: ReadonlySet<string>): readonly Pair[] {
  const pairs = [...pairQuestions(after, touched), ...pairQuestions(before, touched)];
  return [...new Map(pairs.map((pair) => [JSON.stringify(pair.question), pair])).values()];
}

interface Pair {
  readonly from: string;
  readonly to: string;
  /** The workload that is asked for. */
  readonly target: string;
  readonly question: Question;
}

function pairQuestions(model: Model, touched: ReadonlySet<string>): readonly Pair[] {
  const tables = lookup(model);
  const containers = model.workloads.filter((item) => item.namespaceId !== HOST_NAMESPACE && item.namespaceId === item.id);
  const sources: readonly (readonly [string, string, Source])[] = containers.map((item) => [
    item.id,
    item.name,
    { kind: 'workload', workloadId: item.id },
  ]);
  const pairs: Pair[] = [];
  for (const endpoint of model.endpoints) {
    for (const listener of tables.listenersIn.get(endpoint.namespaceId) ?? []) {
      const name = tables.workload.get(endpoint.workloadId)?.name ?? endpoint.workloadId;
      for (const [id, from, source] of sources) {
        if (id === endpoint.namespaceId || (!touched.has(id) && !touched.has(endpoint.namespaceId))) continue;
        const question = { from: source, host: addressOf(endpoint.id), port: listener.port, transport: listener.transport };
        pairs.push({ from, to: `${name}:${listener.port}`, target: listener.workloadId ?? endpoint.workloadId, question });
      }
    }
  }
  for (const publication of model.publications) {
    if (!touched.has(publication.workloadId) || publication.hostPort === undefined) continue;
    const question = {
      from: { kind: 'remote' } as const,
      host: addressOf('host'),
      port: publication.hostPort,
      transport: publication.transport,
    };
    pairs.push({ from: 'another machine', to: `port ${publication.hostPort} of the host`, target: publication.workloadId, question });
  }
  return pairs;
}

/** Undefined where the question names what this model does not have. On the model without an endpoint, its address is not reached. */
function answer({ model, reach }: Judged, question: Question): VerdictKind | undefined {
  const { workload, endpoint } = lookup(model);
  if (question.from.kind === 'workload' && !workload.has(question.from.workloadId)) return undefined;
  const id = question.host.slice(1);
  if (id !== 'host' && !endpoint.has(id)) return 'unreachable';
  return reach.ask(question).kind;
}
