import type { Link, Listener } from '../../../network/model.ts';
import type { DraftFinding, Rule, RuleContext } from '../../rule.ts';

/** The registered ports of OTLP: 4317 speaks gRPC, 4318 HTTP (OpenTelemetry protocol specification, default ports). */
const portOf = { 'otlp-grpc': 4317, 'otlp-http': 4318 } as const;
const nameOf = { 'otlp-grpc': 'gRPC', 'otlp-http': 'HTTP' } as const;
const otherOf = { 'otlp-grpc': 'otlp-http', 'otlp-http': 'otlp-grpc' } as const;
type Otlp = keyof typeof portOf;

export const otlpPortProtocol: Rule = {
  id: 'R26',
  name: 'otlp-port-protocol',
  title: 'OTLP over gRPC is sent to the HTTP port, or the other way round',
  severity: 'error',
  onByDefault: true,
  *check(context: RuleContext): Iterable<DraftFinding> {
    for (const { link, verdict } of context.links) {
      if (link.application !== 'otlp-grpc' && link.application !== 'otlp-http') continue;
      yield* wrongPort(context, link, link.application, verdict?.answeredBy);
      yield* missingPath(context, link);
    }
  },
};

function* wrongPort(context: RuleContext, link: Link, spoken: Otlp, answeredBy: string | undefined): Iterable<DraftFinding> {
  const listener = listenerOf(context, link, answeredBy);
  const expected = otherOf[spoken];
  const confirmed = listener?.application === expected;
  if (listener?.application === spoken || (!confirmed && link.port !== portOf[expected])) return;
  const name = context.lookup.workload.get(link.workloadId)?.name ?? link.workloadId;
  const { portOrigin } = link;
  yield {
    subject: name,
    severity: confirmed ? 'error' : 'warning',
    message: `${name} sends OTLP over ${nameOf[spoken]} to ${link.raw}, but port ${link.port} speaks OTLP over ${nameOf[expected]}.`,
    evidence: [
      { label: `${nameOf[spoken]} is dialled here`, origin: portOrigin ?? link.origin },
      ...(listener === undefined ? [] : [{ label: `${nameOf[expected]} is offered here`, origin: listener.origin }]),
    ],
    symptom:
      spoken === 'otlp-grpc'
        ? 'FRAME_SIZE_ERROR, or "connection closed before the preface"'
        : 'malformed HTTP response, or the connection is closed',
    fixes:
      portOrigin?.kind === 'file' && portOrigin.exact
        ? [
            {
              title: `dial port ${portOf[spoken]}, which speaks ${nameOf[spoken]}`,
              applicability: 'safe',
              changes: [{ kind: 'replace', origin: portOrigin, text: String(portOf[spoken]) }],
            },
          ]
        : [{ title: `dial port ${portOf[spoken]}, or set the protocol to match`, applicability: 'manual', changes: [] }],
  };
}

function listenerOf({ lookup }: RuleContext, link: Link, answeredBy: string | undefined): Listener | undefined {
  const namespaceId = lookup.workload.get(answeredBy ?? '')?.namespaceId ?? '';
  return (lookup.listenersIn.get(namespaceId) ?? []).find(
    (listener) => listener.port === link.port && listener.transport === link.transport,
  );
}

/** A signal's own endpoint is used as it stands: without /v1/traces the exporter posts to / (OTLP exporter specification, endpoint URLs). */
function* missingPath({ lookup }: RuleContext, link: Link): Iterable<DraftFinding> {
  const signal = /^OTEL_EXPORTER_OTLP_(TRACES|METRICS|LOGS)_ENDPOINT$/.exec(link.setting)?.[1]?.toLowerCase();
  if (signal === undefined || link.application !== 'otlp-http' || !/^https?:\/\/[^/]+\/?$/.test(link.raw)) return;
  const name = lookup.workload.get(link.workloadId)?.name ?? link.workloadId;
  const { origin } = link;
  const fixed = `${link.raw.replace(/\/$/, '')}/v1/${signal}`;
  yield {
    subject: name,
    message: `${name} posts ${signal} to ${link.raw}, for ${link.setting} is used as it stands and has no path /v1/${signal}.`,
    evidence: [{ label: 'endpoint without its path', origin }],
    symptom: '404 page not found',
    fixes:
      origin.kind === 'file' && origin.exact
        ? [{ title: `write the whole URL: ${fixed}`, applicability: 'safe', changes: [{ kind: 'replace', origin, text: fixed }] }]
        : [{ title: `write the whole URL: ${fixed}`, applicability: 'manual', changes: [] }],
  };
}
