import type { Application, Transport } from '../../../../network/model.ts';
import { openConfig } from '../../config-file.ts';
import { dial } from '../../dial.ts';
import { DUAL_STACK, defaultListener, listen } from '../../listen.ts';
import { imageOf, isBefore, isImage } from '../../parse/image-reference.ts';
import type { AgentFacts, Program } from '../../program.ts';
import { facts, joinFacts } from '../../program.ts';

type Opens = readonly [port: number, application: Application, transport?: Transport];

const QUERY: readonly Opens[] = [
  [16_686, 'http'],
  [16_685, 'grpc'],
];
const COLLECTOR: readonly Opens[] = [
  [14_250, 'jaeger'],
  [14_268, 'jaeger'],
  [14_269, 'http'],
];
const AGENT: readonly Opens[] = [
  [6831, 'jaeger', 'udp'],
  [6832, 'jaeger', 'udp'],
  [5778, 'http'],
];
const OTLP: readonly Opens[] = [
  [4317, 'otlp-grpc'],
  [4318, 'otlp-http'],
];

const COMPONENTS: Readonly<Record<string, readonly Opens[]>> = {
  'all-in-one': [...QUERY, ...COLLECTOR, ...AGENT],
  'jaeger-query': [...QUERY, [16_687, 'http']],
  'jaeger-collector': COLLECTOR,
  'jaeger-agent': [...AGENT, [14_271, 'http']],
  jaeger: [
    ...QUERY,
    ...OTLP,
    [5778, 'http'],
    [14_250, 'jaeger'],
    [14_268, 'jaeger'],
    [9411, 'zipkin'],
    [8888, 'prometheus'],
    [13_133, 'http'],
  ],
};

/** https://www.jaegertracing.io/docs/1.76/getting-started/ (version 1) and https://www.jaegertracing.io/docs/2.0/ (image jaegertracing/jaeger). */
export const jaeger: Program = {
  name: 'jaeger',
  matches: (workload) => isImage(imageOf(workload), ['jaegertracing/*']) && componentOf(imageOf(workload)?.repository) !== undefined,
  read: (_workload, context) => {
    const component = componentOf(context.image?.repository) ?? 'all-in-one';
    const config = context.flag('--config');
    if (config !== undefined) return facts({ problems: openConfig(context, [config.text], 'Jaeger').problems });
    const who = `jaegertracing/${component}`;
    const opens = [...(COMPONENTS[component] ?? []), ...otlp(component, context)];
    const zipkin = context.flag('--collector.zipkin.host-port') ?? context.variable('COLLECTOR_ZIPKIN_HOST_PORT');
    return joinFacts([
      facts({
        listeners: opens.map(([port, application, transport]) =>
          defaultListener(who, DUAL_STACK, port, { application, ...(transport === undefined ? {} : { transport }) }),
        ),
        listenersKnown: true,
      }),
      listen(zipkin, { setting: 'COLLECTOR_ZIPKIN_HOST_PORT', any: DUAL_STACK, application: 'zipkin', port: 9411 }),
      readDialled(context),
    ]);
  },
};

const componentOf = (repository: string | undefined): string | undefined => {
  const name = repository?.split('/').at(-1) ?? '';
  return Object.hasOwn(COMPONENTS, name) ? name : undefined;
};

/** Version 1 takes OTLP since 1.35; on by default since 1.60. */
function otlp(component: string, context: Parameters<Program['read']>[1]): readonly Opens[] {
  if (component !== 'all-in-one' && component !== 'jaeger-collector') return [];
  const asked = context.variable('COLLECTOR_OTLP_ENABLED') ?? context.flag('--collector.otlp.enabled');
  const on = asked === undefined ? !isBefore(context.image?.version, [1, 60, 0]) : asked.text !== 'false';
  return on && !isBefore(context.image?.version, [1, 35, 0]) ? OTLP : [];
}

function readDialled(context: Parameters<Program['read']>[1]): AgentFacts {
  const collector = context.flag('--reporter.grpc.host-port') ?? context.variable('REPORTER_GRPC_HOST_PORT');
  const elastic = context.flag('--es.server-urls') ?? context.variable('ES_SERVER_URLS');
  const cassandra = context.flag('--cassandra.servers') ?? context.variable('CASSANDRA_SERVERS');
  const brokers =
    context.flag('--kafka.producer.brokers', '--kafka.consumer.brokers') ??
    context.variable('KAFKA_PRODUCER_BROKERS') ??
    context.variable('KAFKA_CONSUMER_BROKERS');
  return joinFacts([
    dial(collector, { setting: 'REPORTER_GRPC_HOST_PORT', purpose: 'sends traces to', application: 'jaeger', port: 14_250 }),
    dial(elastic, { setting: 'ES_SERVER_URLS', purpose: 'stores in', application: 'elasticsearch' }),
    dial(cassandra, { setting: 'CASSANDRA_SERVERS', purpose: 'stores in', application: 'other', port: 9042 }),
    dial(brokers, { setting: 'KAFKA_PRODUCER_BROKERS', purpose: 'streams through', application: 'kafka', port: 9092 }),
    dial(context.variable('PROMETHEUS_SERVER_URL'), {
      setting: 'PROMETHEUS_SERVER_URL',
      purpose: 'reads metrics from',
      application: 'http',
    }),
  ]);
}
