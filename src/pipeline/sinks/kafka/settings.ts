/** Settings of the Kafka sink. */
import * as z from 'zod';
import { duration, size } from '../../../config/fields.ts';
import { ofType } from '../../../config/lazily.ts';
import { encodings } from '../../encode/encoder.ts';

const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

export const saslMechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;

/** `kafka-1.example.org:9092`, `192.0.2.7`, `[2001:db8::7]:9092`; without a port 9092. */
const broker = () =>
  z
    .string()
    .meta({ format: 'host:port' })
    .transform((text, context): BrokerAddress => {
      const [, bracketed, plain, digits] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]/]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
      const host = bracketed ?? plain;
      const port = Number(digits ?? 9092);
      if (host !== undefined && port >= 1 && port <= 65_535) return { host, port };
      context.addIssue({ code: 'custom', message: `"${text}" is no broker; write HOST:PORT, for example "kafka-1.example.org:9092"` });
      return z.NEVER;
    });

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

const file = () => z.string().min(1);

const tls = () =>
  z.strictObject({
    caFile: file()
      .optional()
      .describe('PEM file of the authorities to trust. Default: those that Node trusts. Read anew for every connection.')
      .meta({ examples: ['/etc/fairlead/kafka-ca.pem'] }),
    certFile: file()
      .optional()
      .describe('PEM file of the certificate to show (mutual TLS). Default: none is shown.')
      .meta({ examples: ['/etc/fairlead/kafka.pem'] }),
    keyFile: file()
      .optional()
      .describe('PEM file of its key. Default: none, as only certFile needs one.')
      .meta({ examples: ['/etc/fairlead/kafka.key'] }),
    serverName: z
      .string()
      .min(1)
      .optional()
      .describe("The name that the brokers' certificates are checked for. Default: the host of each broker.")
      .meta({ examples: ['kafka.example.org'] }),
  });

const sasl = () =>
  z.strictObject({
    mechanism: z
      .enum(saslMechanisms)
      .describe('How to log in; it has no default, because brokers differ. PLAIN sends the password itself: use it with tls.')
      .meta({ examples: ['SCRAM-SHA-512'] }),
    username: z
      .string()
      .min(1)
      .describe('Who logs in. Has no default.')
      .meta({ examples: ['fairlead'] }),
    passwordFile: file()
      .describe('File that holds the password; a line break at its end is not part of it. Read anew for every connection. Has no default.')
      .meta({ examples: ['/etc/fairlead/kafka.password'] }),
  });

export const kafkaSettings = ofType('kafka', () =>
  z
    .strictObject({
      type: z
        .literal('kafka')
        .describe('A Kafka cluster, version 0.11 or later (2.1 for zstd).')
        .meta({ examples: ['kafka'] }),
      brokers: z
        .array(broker())
        .min(1)
        .max(100)
        .describe(
          'Brokers to begin with, HOST:PORT, asked in this order; all others are learnt from them. Names are resolved anew for every connection.',
        )
        .meta({ examples: [['kafka-1.example.org:9092', 'kafka-2.example.org:9092']] }),
      topic: z
        .string()
        .min(1)
        .max(249)
        .describe(
          'Where records go: a name, or a pattern with {label:NAME} and {field:NAME} (a field of a JSON record). A label or field that is not there is written as "none"; what a topic name may not hold becomes "-".',
        )
        .meta({ examples: ['raw-logs', 'logs-{label:app}'] }),
      maxTopics: z
        .int()
        .min(1)
        .max(10_000)
        .prefault(100)
        .describe('How many topics a pattern may make; further ones go to the topic that the pattern gives without labels and fields.')
        .meta({ examples: [100] }),
      key: z
        .string()
        .regex(/^(?:label|field):./s, 'write label:NAME or field:NAME')
        .optional()
        .describe(
          "label:NAME or field:NAME (of a JSON record) whose value is the record's key: equal keys stay in order in one partition, chosen as Java's client does (murmur2). Default: no key, and records go to whichever partition takes them.",
        )
        .meta({ examples: ['field:user', 'label:container'] }),
      encoding: z
        .enum(encodings)
        .prefault('auto')
        .describe(
          'raw: the bytes as they were read, tags and labels as headers. json: one JSON object with tags and labels in it. auto: json for records that are objects, raw for others.',
        )
        .meta({ examples: ['raw'] }),
      compression: z
        .enum(compressions)
        .prefault('zstd')
        .describe('How batches are compressed.')
        .meta({ examples: ['lz4'] }),
      compressionLevel: z
        .int()
        .min(-7)
        .max(19)
        .optional()
        .describe('For zstd (-7 to 19) and gzip (1 to 9). Default: 1 for both.')
        .meta({ examples: [3] }),
      batchSize: size()
        .prefault('1MB')
        .describe(
          "Bytes of records in one batch at most, before compression. The broker's message.max.bytes must allow it; what it refuses is split.",
        )
        .meta({ examples: ['256KiB'] }),
      linger: duration({ maxMs: 10_000 })
        .prefault('5ms')
        .describe('How long a batch waits for more records.')
        .meta({ examples: ['50ms'] }),
      maxInFlight: size()
        .prefault('16MiB')
        .describe('Bytes that wait for an acknowledgement at most, compressed; then reading waits.')
        .meta({ examples: ['64MiB'] }),
      requestTimeout: duration({ minMs: 500, maxMs: 600_000 })
        .prefault('30s')
        .describe('A broker that has not answered after this long is given up, and the request goes to it again over another connection.')
        .meta({ examples: ['10s'] }),
      connectTimeout: duration({ minMs: 100, maxMs: 120_000 })
        .prefault('10s')
        .describe('A connection that is not there after this long has failed.')
        .meta({ examples: ['5s'] }),
      idempotent: z
        .boolean()
        .prefault(true)
        .describe(
          'Lets brokers recognise batches that are sent again, so that a lost answer makes no duplicates. Off only for brokers that do not allow it.',
        )
        .meta({ examples: [false] }),
      createTopics: z
        .boolean()
        .prefault(true)
        .describe('Lets brokers create a topic that is not there, if they are set up to.')
        .meta({ examples: [false] }),
      clientId: z
        .string()
        .max(200)
        .prefault('fairlead')
        .describe("Name in the brokers' logs and quotas.")
        .meta({ examples: ['fairlead-edge'] }),
      tls: tls()
        .optional()
        .describe('Speaks TLS with all brokers; {} for TLS with all defaults. Default: no TLS.')
        .meta({ examples: [{ caFile: '/etc/fairlead/kafka-ca.pem' }] }),
      sasl: sasl()
        .optional()
        .describe('Logs in at all brokers. Default: no login.')
        .meta({ examples: [{ mechanism: 'SCRAM-SHA-512', username: 'fairlead', passwordFile: '/etc/fairlead/kafka.password' }] }),
    })
    .superRefine((settings, context) => {
      const reject = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
      if (settings.batchSize < 1024 || settings.batchSize > maxBatchBytes)
        reject(['batchSize'], `batchSize is between 1KiB and ${maxBatchBytes}B`);
      if (settings.maxInFlight < 4 * settings.batchSize) reject(['maxInFlight'], 'maxInFlight has to have room for four batches');
      if ((settings.tls?.certFile === undefined) !== (settings.tls?.keyFile === undefined))
        reject(['tls'], 'certFile and keyFile go together');
      if (
        settings.compression === 'gzip' &&
        settings.compressionLevel !== undefined &&
        (settings.compressionLevel < 1 || settings.compressionLevel > 9)
      )
        reject(['compressionLevel'], 'gzip has the levels 1 to 9');
    }),
);

/** Of records; a slab has room for one such batch. */
const maxBatchBytes = 1_040_000;

export type KafkaSettings = z.output<typeof kafkaSettings>;
