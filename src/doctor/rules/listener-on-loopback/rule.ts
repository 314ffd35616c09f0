import { parseAddress } from '../../../core/address.ts';
import { type FileOrigin, type Origin, subOrigin } from '../../../core/origin.ts';
import type { Evidence, Question } from '../../../network/answer.ts';
import type { Link, Listener, Publication, Workload } from '../../../network/model.ts';
import { DEFAULT_BRIDGE, HOST_NAMESPACE } from '../../../network/model.ts';
import type { Change, DraftFinding, FixPlan, JudgedLink, Rule, RuleContext } from '../../rule.ts';
import { onLoopback } from '../claims.ts';
import { dialledHere, dials, hostPort, reasonsOf, symptomWords } from '../words.ts';

export const listenerOnLoopback: Rule = {
  id: 'R02',
  name: 'listener-on-loopback',
  title: 'a server listens on 127.0.0.1 inside its container, where nobody else can reach it',
  severity: 'error',
  onByDefault: true,
  *check(context) {
    for (const listener of context.model.listeners) {
      const finding = checkListener(context, listener);
      if (finding !== undefined) yield finding;
    }
  },
};

/** Who is shut out by the listener's address. */
interface ShutOut {
  readonly links: readonly JudgedLink[];
  readonly publications: readonly Publication[];
}

function checkListener(context: RuleContext, listener: Listener): DraftFinding | undefined {
  if (!onLoopback(listener)) return undefined;
  const here = context.lookup.listenersIn.get(listener.namespaceId) ?? [];
  const samePort = here.filter((other) => other.port === listener.port && other.transport === listener.transport);
  // One socket per family is common; the fault is one, and it is told at the first of them.
  if (samePort.some((other) => !onLoopback(other)) || samePort[0] !== listener) return undefined;
  const links = context.links.filter((judged) => isShutOut(judged, listener));
  if (listener.namespaceId === HOST_NAMESPACE) return hostFinding(context, listener, links);
  if (context.lookup.namespace.get(listener.namespaceId)?.kind !== 'container') return undefined;
  const workload = context.lookup.workload.get(listener.workloadId ?? listener.namespaceId);
  if (workload === undefined) return undefined;
  const publications = (context.lookup.publicationsOf.get(listener.namespaceId) ?? []).filter(
    (item) => item.containerPort === listener.port && item.transport === listener.transport,
  );
  if (links.length === 0 && publications.length === 0 && !servesNobody(context, listener, here)) return undefined;
  return finding(context, listener, workload, { links, publications });
}

function isShutOut({ verdict }: JudgedLink, listener: Listener): boolean {
  if (verdict === undefined || (verdict.kind !== 'unreachable' && verdict.kind !== 'ambiguous')) return false;
  return verdict.blocking.some((step) => step.reason === 'listener-on-loopback' && step.origins.includes(listener.origin));
}

/**
 * Nobody dials it as far as the input shows. A debug port beside others may be meant so; but a container that somebody
 * told to serve on its own loopback only, with nothing else in it, serves nobody.
 */
function servesNobody(context: RuleContext, listener: Listener, here: readonly Listener[]): boolean {
  if (listener.knowledge === 'assumed' || (context.lookup.members.get(listener.namespaceId) ?? []).length > 1) return false;
  const own = context.links.some(
    ({ link, verdict }) => link.workloadId === listener.workloadId && verdict?.kind === 'reachable' && link.port === listener.port,
  );
  return !own && here.every(onLoopback) && isServer(listener);
}

/** Programs whose only use is that others fetch from them or send to them. */
function isServer({ application }: Listener): boolean {
  return application !== undefined && application !== 'other' && application !== 'http' && application !== 'https';
}

/** On the host, loopback is a choice that is right for the host's own clients: told only when somebody else dials it. */
function hostFinding(context: RuleContext, listener: Listener, links: readonly JudgedLink[]): DraftFinding | undefined {
  const [first] = links;
  if (first?.verdict === undefined) return undefined;
  const owner = context.lookup.workload.get(listener.workloadId ?? '')?.name;
  const who = owner ?? `the service on port ${listener.port} of the host`;
  const certain = listener.knowledge !== 'assumed' && links.every(({ verdict }) => verdict?.kind === 'unreachable');
  const others = links.length > 1 ? ` (and ${links.length - 1} more)` : '';
  const dialled = links.slice(0, 5).map(({ link }) => dialledHere(link));
  const own: Evidence = { label: 'listens here', origin: listener.origin };
  const [blamed = own, ...more] = listener.origin.kind === 'default' ? [...dialled, own] : [own, ...dialled];
  return {
    subject: `${who} ${listener.port}/${listener.transport}`,
    ...(certain ? {} : { severity: 'warning' as const }),
    message: `${dials(context, first.link)}${others}, but ${who} listens on ${owner === undefined ? listener.address : hostPort(listener.address, listener.port)} only, where packets of containers do not arrive${certain ? '' : ' on Linux'}.`,
    evidence: [blamed, ...more],
    reasons: reasonsOf(first.verdict),
    symptom: symptomWords(first.verdict.symptom),
    verdict: first.verdict,
    fixes: [{ title: hostAdvice(context, listener, owner ?? 'that service', first.link), applicability: 'manual', changes: [] }],
  };
}

/** What is exposed by it is the user's choice: nothing is edited. */
function hostAdvice(context: RuleContext, listener: Listener, who: string, link: Link): string {
  const dialled = parseAddress(link.host ?? '') === undefined ? undefined : link.host;
  const gateway = context.model.environment.hostGatewayIps[0] ?? context.lookup.network.get(DEFAULT_BRIDGE)?.subnets[0]?.gateway;
  const narrow = dialled ?? gateway;
  const wide = hostPort(listener.address.includes(':') ? '::' : '0.0.0.0', listener.port);
  const all = `${wide}, which other machines reach as well unless the host's firewall keeps them out`;
  if (narrow === undefined) return `make ${who} listen on ${all}`;
  const where = dialled === undefined ? "docker0's address, to which host-gateway leads" : 'the address that is dialled';
  return `make ${who} listen on ${hostPort(narrow, listener.port)} (${where}; the containers of this host reach it there), or on ${all}`;
}

function finding(context: RuleContext, listener: Listener, workload: Workload, shutOut: ShutOut): DraftFinding {
  const { links, publications } = shutOut;
  const verdict = links[0]?.verdict ?? publishedVerdict(context, publications);
  const certain = listener.knowledge !== 'assumed' && links.every((judged) => judged.verdict?.kind === 'unreachable');
  return {
    subject: `${workload.name} ${listener.port}/${listener.transport}`,
    ...(certain && (links.length > 0 || publications.length > 0) ? {} : { severity: 'warning' as const }),
    message: message(context, listener, workload, shutOut),
    evidence: evidence(listener, workload, shutOut),
    reasons: verdict === undefined ? [`${workload.name} listens on ${hostPort(listener.address, listener.port)} only`] : reasonsOf(verdict),
    symptom: symptomWords(verdict === undefined || verdict.symptom === 'ok' ? 'refused' : verdict.symptom),
    ...(verdict === undefined ? {} : { verdict }),
    fixes: fixes(listener, workload, shutOut),
  };
}

/** What somebody on the host sees who uses the published port. */
function publishedVerdict(context: RuleContext, publications: readonly Publication[]) {
  const question = publishedQuestion(publications);
  return question === undefined ? undefined : context.ask(question);
}

function publishedQuestion(publications: readonly Publication[]): Question | undefined {
  const published = publications.find((item) => item.hostPort !== undefined && item.hostPortTo === undefined);
  if (published?.hostPort === undefined) return undefined;
  const named =
    published.hostIp === undefined || published.hostIp === '0.0.0.0' || published.hostIp === '::' ? '127.0.0.1' : published.hostIp;
  return { from: { kind: 'host' }, host: named, port: published.hostPort, transport: published.transport };
}

function message(context: RuleContext, listener: Listener, workload: Workload, { links, publications }: ShutOut): string {
  const where = `${workload.name} listens on ${hostPort(listener.address, listener.port)} inside its container`;
  const [first] = links;
  if (first !== undefined) {
    const others = links.length > 1 ? ` (and ${links.length - 1} more)` : '';
    return `${where}, so nothing outside of it can connect: ${dials(context, first.link)}${others}.`;
  }
  if (publications.length > 0) return `${where}, so the published port ${publications[0]?.hostPort ?? listener.port} leads nowhere.`;
  return `${where}, so nothing outside of it can connect, published or not.`;
}

function evidence(listener: Listener, workload: Workload, { links, publications }: ShutOut): readonly [Evidence, ...Evidence[]] {
  const first: Evidence =
    listener.origin.kind === 'default'
      ? { label: 'listens on loopback by default', origin: workload.image?.origin ?? workload.origin }
      : { label: 'listens here', origin: listener.origin };
  return [
    first,
    ...links.slice(0, 5).map(({ link }) => dialledHere(link)),
    ...publications.slice(0, 5).map((item) => ({ label: 'published here', origin: item.origin })),
  ];
}

function fixes(listener: Listener, workload: Workload, { links, publications }: ShutOut): readonly FixPlan[] {
  const question = links[0]?.verdict?.question ?? publishedQuestion(publications);
  const changes = listenEverywhere(listener, workload);
  if (changes === undefined)
    return [{ title: `make ${workload.name} listen on ${hostPort('0.0.0.0', listener.port)}`, applicability: 'manual', changes: [] }];
  return [
    {
      title: `listen on all addresses of the container: ${hostPort('0.0.0.0', listener.port)}`,
      applicability: question === undefined ? 'suggestion' : 'safe',
      changes,
      ...(question === undefined ? {} : { turns: question }),
    },
  ];
}

/** Programs that have a variable of their own for it. */
const variables: readonly { readonly image: RegExp; readonly port: number; readonly name: string }[] = [
  { image: /(^|\/)(datadog\/)?(agent|dogstatsd)(:|@|$)/, port: 8125, name: 'DD_DOGSTATSD_NON_LOCAL_TRAFFIC' },
  { image: /(^|\/)datadog\/agent(:|@|$)/, port: 8126, name: 'DD_APM_NON_LOCAL_TRAFFIC' },
];

function listenEverywhere(listener: Listener, workload: Workload): readonly Change[] | undefined {
  const place = addressPlace(listener, workload);
  if (place !== undefined) return [place];
  const image = workload.image?.value ?? '';
  const variable = variables.find((row) => row.port === listener.port && row.image.test(image));
  return variable === undefined ? undefined : [{ kind: 'set-environment', workloadId: workload.id, name: variable.name, value: 'true' }];
}

const loopbacks = ['127.0.0.1', 'localhost', '[::1]', '::1'];

/** The characters that say the address: all of the listener's place, or a part of the argument or variable that it came from. */
function addressPlace(listener: Listener, workload: Workload): Change | undefined {
  const { origin } = listener;
  if (origin.kind !== 'file' || !origin.exact) return undefined;
  const length = origin.span.end - origin.span.start;
  for (const address of [...loopbacks, listener.address]) {
    if (length === address.length) return { kind: 'replace', origin, text: '0.0.0.0' };
    if (length === `${address}:${listener.port}`.length) return { kind: 'replace', origin, text: `0.0.0.0:${listener.port}` };
  }
  const texts = [...(workload.command?.values ?? []), ...(workload.entrypoint?.values ?? []), ...workload.environment];
  const text = texts.find((item) => sameSpan(item.origin, origin))?.value;
  const found = text === undefined ? undefined : loopbacks.find((address) => text.includes(address));
  if (text === undefined || found === undefined || text.length !== length) return undefined;
  const at = text.indexOf(found);
  const part = subOrigin(origin, at, at + found.length);
  return part.kind === 'file' ? { kind: 'replace', origin: part, text: '0.0.0.0' } : undefined;
}

function sameSpan(origin: Origin, other: FileOrigin): boolean {
  return (
    origin.kind === 'file' && origin.file === other.file && origin.span.start === other.span.start && origin.span.end === other.span.end
  );
}
