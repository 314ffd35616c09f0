import type { Workload } from '../../../../network/model.ts';
import type { Context } from '../../context.ts';
import { dial, portOf } from '../../dial.ts';
import { DUAL_STACK, listener } from '../../listen.ts';
import { imageOf, isImage } from '../../parse/image-reference.ts';
import type { AgentFacts, ListenerDraft, Program } from '../../program.ts';
import { facts, joinFacts } from '../../program.ts';

const isAgent = (workload: Workload): boolean =>
  isImage(imageOf(workload), ['datadog/agent', 'datadog/docker-dd-agent', 'datadog/dogstatsd', 'datadoghq/agent', 'datadog/agent-dev']);

/** https://docs.datadoghq.com/containers/docker/ — the agent itself, and the DD_ variables of what it watches. */
export const datadog: Program = {
  name: 'datadog',
  matches: (workload) => isAgent(workload) || workload.environment.some(({ name }) => name.startsWith('DD_')),
  read: (workload, context) => joinFacts([isAgent(workload) ? readAgent(context) : facts({}), readClient(context)]),
};

function readAgent(context: Context): AgentFacts {
  const enabled = context.variable('DD_APM_ENABLED')?.text !== 'false';
  // Version 7 takes traces from other containers once this is set; so does DogStatsD.
  const traces = receiving('DD_APM_NON_LOCAL_TRAFFIC', 'the trace agent', context);
  const metrics = receiving('DD_DOGSTATSD_NON_LOCAL_TRAFFIC', 'DogStatsD', context);
  const tracePort = portOf(context.variable('DD_APM_RECEIVER_PORT')?.text ?? '8126');
  const metricPort = portOf(context.variable('DD_DOGSTATSD_PORT')?.text ?? '8125');
  const listeners: ListenerDraft[] = [];
  if (enabled && tracePort !== undefined)
    listeners.push(listener(traces.address, tracePort, traces.origin, { application: 'http', knowledge: traces.knowledge }));
  if (metricPort !== undefined)
    listeners.push(
      listener(metrics.address, metricPort, metrics.origin, { application: 'statsd', transport: 'udp', knowledge: metrics.knowledge }),
    );
  const otlp = (['GRPC', 'HTTP'] as const).flatMap((kind): ListenerDraft[] => {
    const endpoint = context.variable(`DD_OTLP_CONFIG_RECEIVER_PROTOCOLS_${kind}_ENDPOINT`);
    const port = portOf(/:(\d+)$/.exec(endpoint?.text ?? '')?.[1]);
    if (endpoint === undefined || port === undefined) return [];
    const local = /^(?:localhost|127\.)/.test(endpoint.text);
    return [
      listener(local ? '127.0.0.1' : DUAL_STACK, port, endpoint.origin, { application: kind === 'GRPC' ? 'otlp-grpc' : 'otlp-http' }),
    ];
  });
  return facts({ listeners: [...listeners, ...otlp], listenersKnown: true });
}

function receiving(name: string, who: string, context: Context) {
  const value = context.variable(name);
  if (value?.text === 'true') return { address: DUAL_STACK, origin: value.origin, knowledge: 'declared' } as const;
  if (value?.text === 'false') return { address: '127.0.0.1', origin: value.origin, knowledge: 'declared' } as const;
  // The image's own datadog-docker.yaml turns both on.
  return {
    address: DUAL_STACK,
    origin: { kind: 'default', text: `default of the Datadog Agent image: ${who} takes traffic from other containers` },
    knowledge: 'assumed',
  } as const;
}

function readClient(context: Context): AgentFacts {
  const host = context.variable('DD_AGENT_HOST');
  const tracePort = context.variable('DD_TRACE_AGENT_PORT');
  const statsdPort = context.variable('DD_DOGSTATSD_PORT');
  return joinFacts([
    dial(host, { setting: 'DD_AGENT_HOST', purpose: 'sends traces to', application: 'http', port: 8126, portValue: tracePort }),
    statsdPort === undefined
      ? facts({})
      : dial(host, {
          setting: 'DD_AGENT_HOST',
          purpose: 'sends metrics to',
          application: 'statsd',
          transport: 'udp',
          portValue: statsdPort,
        }),
    dial(context.variable('DD_TRACE_AGENT_URL'), {
      setting: 'DD_TRACE_AGENT_URL',
      purpose: 'sends traces to',
      application: 'http',
      port: 8126,
    }),
    dial(context.variable('DD_DOGSTATSD_URL'), {
      setting: 'DD_DOGSTATSD_URL',
      purpose: 'sends metrics to',
      application: 'statsd',
      transport: 'udp',
      port: 8125,
    }),
    dial(context.variable('DD_URL') ?? context.variable('DD_DD_URL'), {
      setting: 'DD_DD_URL',
      purpose: 'reports to',
      application: 'https',
    }),
  ]);
}
