import { advertise, listenOn, namedAddresses } from '../../advertised.ts';
import type { Context } from '../../context.ts';
import { dial, portOf } from '../../dial.ts';
import { DUAL_STACK, defaultListener, listener } from '../../listen.ts';
import { imageOf, isImage } from '../../parse/image-reference.ts';
import type { Value } from '../../parse/value.ts';
import { slice, split } from '../../parse/value.ts';
import { startsServer } from '../../process.ts';
import type { AgentFacts, Program } from '../../program.ts';
import { facts, joinFacts } from '../../program.ts';

const IMAGES = [
  'apache/kafka',
  'apache/kafka-native',
  'bitnami/kafka',
  'bitnamilegacy/kafka',
  'confluentinc/cp-kafka',
  'confluentinc/cp-server',
  'confluentinc/confluent-local',
  'wurstmeister/kafka',
  'ubuntu/kafka',
  'debezium/kafka',
  'obsidiandynamics/kafka',
  'lensesio/fast-data-dev',
];

/** https://kafka.apache.org/documentation/#brokerconfigs_advertised.listeners ; images take it as KAFKA_… or KAFKA_CFG_…. */
export const kafka: Program = {
  name: 'kafka',
  matches: (workload) =>
    isImage(imageOf(workload), IMAGES) || workload.environment.some(({ name }) => /^KAFKA_(?:CFG_)?ADVERTISED_LISTENERS$/.test(name)),
  read: (_workload, context) => {
    const variable = (name: string) => context.variable(`KAFKA_CFG_${name}`) ?? context.variable(`KAFKA_${name}`);
    const advertised = variable('ADVERTISED_LISTENERS');
    const isBroker = startsServer(context.words, /^kafka-server-start\b|^start-kafka\b|^confluent local\b/);
    for (const name of ['CONTROLLER_LISTENER_NAMES', 'INTER_BROKER_LISTENER_NAME', 'LISTENER_SECURITY_PROTOCOL_MAP']) variable(name);
    return joinFacts([
      readListeners(variable('LISTENERS'), advertised, isBroker, context),
      readJmx(context),
      facts({ listenersKnown: isBroker || advertised !== undefined }),
      advertise(advertised, 'KAFKA_ADVERTISED_LISTENERS', 'kafka', 'broker', 9092),
      readOldNames(context),
      dial(variable('ZOOKEEPER_CONNECT'), {
        setting: 'KAFKA_ZOOKEEPER_CONNECT',
        purpose: 'is coordinated by',
        plane: 'control',
        port: 2181,
        application: 'other',
      }),
      readVoters(variable('CONTROLLER_QUORUM_VOTERS')),
      dial(variable('CONTROLLER_QUORUM_BOOTSTRAP_SERVERS'), {
        setting: 'KAFKA_CONTROLLER_QUORUM_BOOTSTRAP_SERVERS',
        purpose: 'votes with',
        plane: 'control',
        application: 'kafka',
        port: 9093,
      }),
    ]);
  },
};

/** `KAFKA_JMX_HOSTNAME` is what the JVM tells others (`java.rmi.server.hostname`); it listens on all addresses. */
function readJmx(context: Context): AgentFacts {
  const port = context.variable('KAFKA_JMX_PORT');
  context.variable('KAFKA_JMX_HOSTNAME');
  const number = portOf(port?.text);
  return port === undefined || number === undefined ? facts({}) : facts({ listeners: [listener(DUAL_STACK, number, port.origin, {})] });
}

/**
 * Confluent's image listens on the advertised ports of all addresses when KAFKA_LISTENERS is not set. The image is used
 * for Kafka's tools as well, which listen on nothing.
 */
function readListeners(listeners: Value | undefined, advertised: Value | undefined, isBroker: boolean, context: Context): AgentFacts {
  if (listeners !== undefined) return listenOn(listeners, 'KAFKA_LISTENERS', 'kafka', 9092, DUAL_STACK, context.ownNames);
  const derived =
    advertised === undefined
      ? []
      : namedAddresses(advertised).flatMap(({ port, whole }) =>
          port === undefined ? [] : [listener(DUAL_STACK, port, whole.origin, { application: 'kafka', knowledge: 'assumed' })],
        );
  if (derived.length > 0 || !isBroker) return facts({ listeners: derived });
  return facts({ listeners: [defaultListener('Kafka', DUAL_STACK, 9092, { application: 'kafka' })] });
}

/** `advertised.host.name` of brokers before 3.0, and of wurstmeister's image. */
function readOldNames(context: Context): AgentFacts {
  const [host, port] = [context.variable('KAFKA_ADVERTISED_HOST_NAME'), context.variable('KAFKA_ADVERTISED_PORT')];
  if (host === undefined || host.text === '') return facts({});
  const registration = {
    registry: 'kafka',
    service: 'broker',
    address: host.text,
    port: portOf(port?.text) ?? 9092,
    audience: 'unknown',
    origin: host.origin,
    addressOrigin: host.origin,
  } as const;
  return facts({ registrations: [port === undefined ? registration : { ...registration, portOrigin: port.origin }] });
}

/** `1@kafka-1:9093,2@kafka-2:9093` */
function readVoters(value: Value | undefined): AgentFacts {
  if (value === undefined) return facts({});
  return joinFacts(
    split(value, /,/).map((voter) =>
      dial(slice(voter, voter.text.indexOf('@') + 1, voter.text.length), {
        setting: 'KAFKA_CONTROLLER_QUORUM_VOTERS',
        purpose: 'votes with',
        plane: 'control',
        application: 'kafka',
        bare: false,
      }),
    ),
  );
}
