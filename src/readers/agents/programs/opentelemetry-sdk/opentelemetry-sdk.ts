import type { Application } from '../../../../network/model.ts';
import type { Context } from '../../context.ts';
import { dial } from '../../dial.ts';
import { parseEndpoints } from '../../parse/endpoint.ts';
import type { Value } from '../../parse/value.ts';
import type { AgentFacts, Program } from '../../program.ts';
import { joinFacts, noFacts } from '../../program.ts';

const SIGNALS = [
  ['', 'telemetry'],
  ['TRACES_', 'traces'],
  ['METRICS_', 'metrics'],
  ['LOGS_', 'logs'],
  ['PROFILES_', 'profiles'],
] as const;

/** https://opentelemetry.io/docs/specs/otel/protocol/exporter/ — read from the environment of any workload that uses an SDK. */
export const opentelemetrySdk: Program = {
  name: 'opentelemetry-sdk',
  matches: (workload) => workload.environment.some(({ name }) => name.startsWith('OTEL_')),
  read: (_workload, context) => {
    if (context.peek('OTEL_SDK_DISABLED')?.text.toLowerCase() === 'true') {
      for (const [signal] of SIGNALS) context.variable(`OTEL_EXPORTER_OTLP_${signal}ENDPOINT`);
      return noFacts;
    }
    return joinFacts([
      ...SIGNALS.map(([signal, what]) => readSignal(signal, what, context)),
      dial(context.variable('OTEL_EXPORTER_ZIPKIN_ENDPOINT'), {
        setting: 'OTEL_EXPORTER_ZIPKIN_ENDPOINT',
        purpose: 'exports traces to',
        application: 'zipkin',
        port: 9411,
      }),
      dial(context.variable('OTEL_EXPORTER_JAEGER_ENDPOINT'), {
        setting: 'OTEL_EXPORTER_JAEGER_ENDPOINT',
        purpose: 'exports traces to',
        application: 'jaeger',
        port: 14_250,
      }),
      dial(context.variable('OTEL_EXPORTER_JAEGER_AGENT_HOST'), {
        setting: 'OTEL_EXPORTER_JAEGER_AGENT_HOST',
        purpose: 'exports traces to',
        application: 'jaeger',
        transport: 'udp',
        port: 6831,
        portValue: context.variable('OTEL_EXPORTER_JAEGER_AGENT_PORT'),
      }),
    ]);
  },
};

function readSignal(signal: string, what: string, context: Context): AgentFacts {
  const setting = `OTEL_EXPORTER_OTLP_${signal}ENDPOINT`;
  const endpoint = context.variable(setting);
  if (endpoint === undefined) return noFacts;
  const protocol = context.variable(`OTEL_EXPORTER_OTLP_${signal}PROTOCOL`) ?? context.variable('OTEL_EXPORTER_OTLP_PROTOCOL');
  const application = applicationOf(protocol, endpoint);
  return dial(endpoint, {
    setting,
    purpose: `exports ${what} to`,
    application,
    // `http://collector` without a port is the scheme's own: exporters do not put 4317 or 4318 there.
    port: application === 'otlp-grpc' ? 4317 : 4318,
  });
}

/** SDKs differ in their default protocol; where none is set, the port says which one its writer had in mind. */
function applicationOf(protocol: Value | undefined, endpoint: Value): Application {
  if (protocol?.text === 'grpc') return 'otlp-grpc';
  if (protocol?.text.startsWith('http/') === true) return 'otlp-http';
  const [first] = parseEndpoints(endpoint.text, { bare: true });
  return first?.port === 4317 || first?.scheme?.startsWith('grpc') === true ? 'otlp-grpc' : 'otlp-http';
}
