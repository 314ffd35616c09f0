import type { Origin } from '../../../core/origin.ts';
import { subOrigin } from '../../../core/origin.ts';
import type { Listener, Text, Workload } from '../../../network/model.ts';
import type { DraftFinding, FixPlan, Rule, RuleContext } from '../../rule.ts';
import { isLoopbackHost } from '../words.ts';

export const healthcheckWrongPort: Rule = {
  id: 'R32',
  name: 'healthcheck-wrong-port',
  title: 'a health check asks a port or an address on which its container does not listen',
  severity: 'error',
  onByDefault: true,
  *check(context) {
    for (const workload of context.model.workloads) {
      const { healthcheck } = workload;
      if (healthcheck === undefined || healthcheck.disabled || healthcheck.test === undefined) continue;
      for (const target of targetsOf(healthcheck.test.values)) {
        const finding = judge(context, workload, target);
        if (finding !== undefined) yield finding;
      }
    }
  },
};

/** What a test dials, with the places of host and port in its text. */
interface Target {
  readonly host: string;
  readonly port: number;
  readonly hostOrigin: Origin;
  readonly portOrigin: Origin | undefined;
  /** busybox' wget takes the first address of a name, ::1 for localhost, and does not fall back to the next. */
  readonly takesFirstAddress: boolean;
}

const url = /\bhttps?:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::(\d{1,5}))?(?=[/\s"'|;)?]|$)/gi;
const netcat = /\bnc\s+(?:-\S+\s+)*(localhost|127\.\d+\.\d+\.\d+)\s+(\d{1,5})\b/gi;

function targetsOf(words: readonly Text[]): readonly Target[] {
  const whole = words.map(({ value }) => value).join(' ');
  const takesFirstAddress = /\bwget\b/.test(whole);
  return words.flatMap((word) =>
    [...word.value.matchAll(url), ...word.value.matchAll(netcat)].map((match) => target(word, match, takesFirstAddress)),
  );
}

function target(word: Text, match: RegExpExecArray, takesFirstAddress: boolean): Target {
  const [whole, host = '', digits] = match;
  const hostAt = match.index + whole.indexOf(host);
  const portAt = digits === undefined ? undefined : match.index + whole.lastIndexOf(digits);
  const secure = whole.toLowerCase().startsWith('https');
  return {
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: digits === undefined ? (secure ? 443 : 80) : Number(digits),
    hostOrigin: subOrigin(word.origin, hostAt, hostAt + host.length),
    portOrigin: portAt === undefined || digits === undefined ? undefined : subOrigin(word.origin, portAt, portAt + digits.length),
    takesFirstAddress,
  };
}

function judge(context: RuleContext, workload: Workload, target: Target): DraftFinding | undefined {
  const listeners = (context.lookup.listenersIn.get(workload.namespaceId) ?? []).filter(({ transport }) => transport === 'tcp');
  const onPort = listeners.filter(({ port }) => port === target.port);
  if (onPort.length > 0) return wrongFamily(context, workload, target, onPort);
  return wrongPort(context, workload, target, listeners);
}

/** The test says localhost, its client takes ::1, and the server is known to listen on IPv4 only. */
function wrongFamily(context: RuleContext, workload: Workload, target: Target, onPort: readonly Listener[]): DraftFinding | undefined {
  const [listener] = onPort;
  if (!mayHaveIpv6Loopback(context)) return undefined;
  const onlyIpv4 = onPort.every(({ address, knowledge }) => !address.includes(':') && knowledge !== 'assumed');
  if (listener === undefined || !onlyIpv4 || !target.takesFirstAddress || target.host.toLowerCase() !== 'localhost') return undefined;
  return {
    subject: workload.name,
    severity: 'warning',
    message: `the health check of ${workload.name} asks localhost, which the wget of Alpine takes for ::1, but ${workload.name} listens on ${listener.address}:${listener.port} only.`,
    evidence: [
      { label: 'asked here', origin: target.hostOrigin },
      { label: 'listens here', origin: listener.origin },
    ],
    symptom: 'the container stays unhealthy although it serves: connection refused',
    fixes: replaced(target.hostOrigin, '127.0.0.1', 'ask 127.0.0.1 instead of localhost', 'safe'),
  };
}

/** Engines before 26 take ::1 away from containers of IPv4 networks. */
function mayHaveIpv6Loopback({ model }: RuleContext): boolean {
  const { engine } = model.environment;
  return engine.knowledge === 'unknown' || engine.value !== '20.10';
}

/** Only what is sure to be wrong: the port of the host's side, or a port in a container whose sockets are all known. */
function wrongPort(context: RuleContext, workload: Workload, target: Target, listeners: readonly Listener[]): DraftFinding | undefined {
  if (!isLoopbackHost(target.host)) return undefined;
  const published = (context.lookup.publicationsOf.get(workload.namespaceId) ?? []).find(
    (item) => item.workloadId === workload.id && item.hostPort === target.port && item.containerPort !== target.port,
  );
  const complete = context.lookup.namespace.get(workload.namespaceId)?.listenersComplete === true;
  if (published === undefined && !complete) return undefined;
  const candidates = published === undefined ? [...new Set(listeners.map(({ port }) => port))] : [published.containerPort];
  const [right] = candidates;
  return {
    subject: workload.name,
    message:
      published === undefined
        ? `the health check of ${workload.name} asks port ${target.port}, on which nothing in it listens.`
        : `the health check of ${workload.name} asks port ${target.port}, which is the port on the host; inside, ${workload.name} is reached on ${published.containerPort}.`,
    evidence: [
      { label: 'asked here', origin: target.portOrigin ?? target.hostOrigin },
      ...(published === undefined ? [] : [{ label: 'published here', origin: published.origin }]),
    ],
    symptom: 'the container stays unhealthy although it serves: connection refused',
    fixes:
      candidates.length === 1 && right !== undefined && target.portOrigin !== undefined
        ? replaced(target.portOrigin, String(right), `ask port ${right}`, published === undefined ? 'suggestion' : 'safe')
        : [],
  };
}

function replaced(origin: Origin, text: string, title: string, applicability: 'safe' | 'suggestion'): readonly FixPlan[] {
  if (origin.kind !== 'file' || !origin.exact) return [{ title, applicability: 'manual', changes: [] }];
  return [{ title, applicability, changes: [{ kind: 'replace', origin, text }] }];
}
