import type { Evidence } from '../../../network/answer.ts';
import type { Link, Listener, Workload } from '../../../network/model.ts';
import { HOST_NAMESPACE } from '../../../network/model.ts';
import type { DraftFinding, FixPlan, JudgedLink, Rule, RuleContext } from '../../rule.ts';
import { isLostLocalhost } from '../claims.ts';
import { dialName } from '../places.ts';
import { redial } from '../redial.ts';
import { dialledHere, dials, linkSubject, nameOf } from '../words.ts';

export const localhostInContainer: Rule = {
  id: 'R01',
  name: 'localhost-in-container',
  title: 'a container dials localhost for something that is not in it',
  severity: 'error',
  onByDefault: true,
  *check(context) {
    for (const judged of context.links) {
      const finding = checkLink(context, judged);
      if (finding !== undefined) yield finding;
    }
  },
};

function checkLink(context: RuleContext, { link, verdict }: JudgedLink): DraftFinding | undefined {
  const workload = context.lookup.workload.get(link.workloadId);
  if (workload === undefined || verdict === undefined || verdict.kind === 'reachable') return undefined;
  // Where something of its own listens, if only on another address, `localhost` was meant.
  if (!isLostLocalhost(context, link)) return undefined;
  // Who shares a network namespace does it for its localhost; which of the others listens there may not be known.
  const unreachable = verdict.kind === 'unreachable';
  if (!unreachable && (context.lookup.members.get(workload.namespaceId) ?? []).length > 1) return undefined;
  const meant = whatIsMeant(context, workload, link);
  if (meant.length === 0 && !unreachable && (!isAgent(link, workload) || isOwnUrl(context, link, workload))) return undefined;
  return {
    subject: linkSubject(context, link),
    ...severity(context, link, workload, meant),
    message: message(context, workload, link, meant),
    evidence: [dialledHere(link), ...meant.map(({ evidence }) => evidence)],
    reasons: [...verdict.steps.map((step) => step.text), ...meant.map(({ text }) => text)],
    symptom: 'connection refused',
    verdict,
    fixes: fixes(context, workload, link, meant),
  };
}

/** Something elsewhere that listens on the port that is dialled. */
interface Meant {
  readonly listener: Listener;
  readonly workload: Workload | undefined;
  /** The port to dial in the place where it listens. */
  readonly port: number;
  readonly evidence: Evidence;
  readonly text: string;
}

function whatIsMeant(context: RuleContext, workload: Workload, link: Link): readonly Meant[] {
  const listening = context.model.listeners
    .filter(
      (listener) => listener.port === link.port && listener.transport === link.transport && listener.namespaceId !== workload.namespaceId,
    )
    .map((listener) => meantListener(context, listener));
  const published = context.model.publications
    .filter(
      (item) =>
        item.hostPort === link.port &&
        item.containerPort !== link.port &&
        item.transport === link.transport &&
        item.namespaceId !== workload.namespaceId,
    )
    .flatMap((item) => {
      const listener = (context.lookup.listenersIn.get(item.namespaceId) ?? []).find(
        ({ port, transport }) => port === item.containerPort && transport === item.transport,
      );
      if (listener === undefined || item.namespaceId === HOST_NAMESPACE) return [];
      const name = nameOf(context, item.workloadId);
      const text = `${name} listens on ${item.containerPort} and publishes it as ${item.hostPort} on the host`;
      return [
        { ...meantListener(context, listener), text, evidence: { label: 'published here', origin: item.hostPortOrigin ?? item.origin } },
      ];
    });
  const all = [...listening, ...published];
  // Whoever shares a network is meant before whoever does not.
  const near = all.filter(({ workload: target }) => target !== undefined && dialName(context, workload, target) !== undefined);
  return unique(near.length > 0 ? near : all);
}

function meantListener(context: RuleContext, listener: Listener): Meant {
  const workload = listener.workloadId === undefined ? undefined : context.lookup.workload.get(listener.workloadId);
  const who = workload?.name ?? 'a service of the host';
  return {
    listener,
    workload,
    port: listener.port,
    evidence: { label: `${who} listens here`, origin: listener.origin },
    text: `${who} listens on ${listener.port}${workload === undefined ? '' : ', in another container'}`,
  };
}

function unique(all: readonly Meant[]): readonly Meant[] {
  return [...new Map(all.map((meant) => [`${meant.listener.namespaceId} ${meant.port}`, meant])).values()];
}

/**
 * A telemetry agent, whose server is elsewhere by trade. Other images may hold the server as well (all-in-one images do),
 * so that without anything that listens elsewhere nothing is said about them.
 */
function isAgent(link: Link, workload: Workload): boolean {
  return agentWords.test(`${link.setting} ${workload.image?.value ?? ''} ${workload.name}`);
}

/** `MONITORING_URL: http://localhost:8080` beside `8080:80`: where its users find the program itself. */
function isOwnUrl(context: RuleContext, link: Link, workload: Workload): boolean {
  const own = context.lookup.publicationsOf.get(workload.namespaceId) ?? [];
  return link.generic && /^https?:/i.test(link.raw) && own.some(({ hostPort }) => hostPort === link.port);
}

const agentWords = /agent|collector|exporter|telemetry|monitor(?:ing)?|otel|otlp|shipper|scrape|promtail|fluent|vector|telegraf/i;

function severity(context: RuleContext, link: Link, workload: Workload, meant: readonly Meant[]): Pick<DraftFinding, 'severity'> {
  if (meant.length === 0) return { severity: 'warning' };
  if (mayBeForBrowsers(context, link, workload)) return { severity: 'info' };
  // Agents are told by such a setting what to dial; other programs at times how they are called themselves.
  return link.generic && /(?:^|_)SERVER_URL$/i.test(link.setting) && !isAgent(link, workload) ? { severity: 'warning' } : {};
}

/**
 * An unknown program's URL that works on the host as it stands, because its port is published there, may well be handed
 * to a browser: `BACKEND_URL: http://localhost:5000`.
 */
function mayBeForBrowsers(context: RuleContext, link: Link, workload: Workload): boolean {
  return link.generic && /^https?:/i.test(link.raw) && !isAgent(link, workload) && publishedAs(context, link);
}

function message(context: RuleContext, workload: Workload, link: Link, meant: readonly Meant[]): string {
  const start = `${dials(context, link)}, but ${link.host} inside the container is the container itself`;
  const [only] = meant;
  if (meant.length !== 1 || only === undefined) return `${start}; nothing there is known to listen on ${link.port}.`;
  if (only.workload === undefined || only.listener.namespaceId === HOST_NAMESPACE)
    return `${start}; what listens on ${link.port} runs on the host.`;
  return `${start}; what listens on ${only.port} is ${only.workload.name === workload.name ? only.workload.id : only.workload.name}, in another container.`;
}

function fixes(context: RuleContext, workload: Workload, link: Link, meant: readonly Meant[]): readonly FixPlan[] {
  const certain = meant.length === 1 && !mayBeForBrowsers(context, link, workload);
  const named = meant.flatMap((one) => nameFix(context, workload, link, one, certain));
  return named.length > 0 ? named : hostFix(context, workload, link, meant);
}

/** The target's own name, where both are on a network that gives names. */
function nameFix(context: RuleContext, workload: Workload, link: Link, meant: Meant, certain: boolean): readonly FixPlan[] {
  const host = meant.workload === undefined ? undefined : dialName(context, workload, meant.workload);
  if (host === undefined || meant.workload === undefined) return [];
  const written = redial(context, link, { host, port: meant.port });
  if (written === undefined) return [];
  return [
    {
      title: `dial ${meant.workload.name} by its name: ${written.text}`,
      applicability: certain && written.literal ? 'safe' : 'suggestion',
      changes: written.changes,
      turns: {
        from: { kind: 'workload', workloadId: workload.id },
        host,
        port: meant.port,
        transport: link.transport,
        intended: meant.workload.id,
      },
    },
  ];
}

const HOST_NAME = 'host.docker.internal';

/** The host: by the name that Docker Desktop has and that Linux needs an entry for. */
function hostFix(context: RuleContext, workload: Workload, link: Link, meant: readonly Meant[]): readonly FixPlan[] {
  // A published port is dialled as the host publishes it; what is only reached inside of a network has no host port.
  const reachable =
    meant.length === 0 || meant.some(({ listener }) => listener.namespaceId === HOST_NAMESPACE) || publishedAs(context, link);
  const written = reachable ? redial(context, link, { host: HOST_NAME }) : undefined;
  if (written === undefined) return [];
  const known = workload.extraHosts.some(({ name }) => name === HOST_NAME);
  return [
    {
      title: `dial the host by its name: ${written.text}`,
      applicability: 'suggestion',
      changes: [
        ...written.changes,
        ...(known ? [] : [{ kind: 'add-extra-host', workloadId: workload.id, name: HOST_NAME, address: 'host-gateway' } as const]),
      ],
      turns: { from: { kind: 'workload', workloadId: workload.id }, host: HOST_NAME, port: link.port ?? 0, transport: link.transport },
    },
  ];
}

function publishedAs(context: RuleContext, link: Link): boolean {
  return context.model.publications.some((item) => item.hostPort === link.port && item.transport === link.transport);
}
