import type { Application, Transport } from '../../../../network/model.ts';
import { openConfig } from '../../config-file.ts';
import { dial } from '../../dial.ts';
import type { Block, RiverString } from '../../formats/river.ts';
import { allBlocks, readRiver } from '../../formats/river.ts';
import { DUAL_STACK, listen, listenAt, listener } from '../../listen.ts';
import { imageOf, isImage } from '../../parse/image-reference.ts';
import type { AgentFacts, Program } from '../../program.ts';
import { facts, joinFacts } from '../../program.ts';

/** https://grafana.com/docs/alloy/latest/reference/components/ */
export const alloy: Program = {
  name: 'alloy',
  matches: (workload) => isImage(imageOf(workload), ['grafana/alloy', 'grafana/agent']),
  read: (_workload, context) => {
    const path = context.words.find(({ text }) => /\.(?:alloy|river)$/.test(text) && !text.startsWith('-'))?.text;
    const opened = openConfig(context, path === undefined ? ['/etc/alloy/config.alloy', '/etc/agent/agent.river'] : [path], 'Alloy');
    const address = context.flag('--server.http.listen-addr');
    // Alloy's own pages are on loopback unless told otherwise; the image's command tells it 0.0.0.0.
    const place = { kind: 'default' as const, text: 'default of Grafana Alloy: listens on 127.0.0.1:12345' };
    const image = { kind: 'default' as const, text: 'default of the Grafana Alloy image: listens on [::]:12345' };
    const own =
      address === undefined
        ? facts({
            listeners: [
              listener(context.words.length === 0 ? DUAL_STACK : '127.0.0.1', 12_345, context.words.length === 0 ? image : place, {
                application: 'http',
                knowledge: 'assumed',
              }),
            ],
          })
        : listen(address, { setting: '--server.http.listen-addr', any: DUAL_STACK, application: 'http', port: 12_345 });
    if (opened.config === undefined) return joinFacts([own, facts({ problems: opened.problems, listenersKnown: true })]);
    const { root, problems } = readRiver(opened.config, context.resolve);
    return joinFacts([own, facts({ problems, listenersKnown: true }), ...root.blocks.map(readComponent)]);
  },
};

function readComponent(block: Block): AgentFacts {
  const listening = readListening(block);
  if (listening !== undefined) return listening;
  const path = block.label === '' ? block.name : `${block.name}.${block.label}`;
  return joinFacts(
    allBlocks(block).flatMap((inner) => [...inner.attributes].map(([name, strings]) => readAttribute(block, inner, path, name, strings))),
  );
}

interface Spoken {
  readonly application: Application;
  readonly purpose: string;
  readonly port?: number;
  readonly control?: boolean;
}

const SPOKEN: readonly (readonly [RegExp, Spoken])[] = [
  [/^loki\.write/, { application: 'loki', purpose: 'writes logs to', port: 3100 }],
  [/^prometheus\.(?:remote_write|write)/, { application: 'http', purpose: 'writes metrics to' }],
  [/^prometheus\.scrape/, { application: 'http', purpose: 'scrapes', port: 80 }],
  [/^pyroscope\.write/, { application: 'http', purpose: 'writes profiles to' }],
  [/^pyroscope\.scrape/, { application: 'http', purpose: 'scrapes', port: 80 }],
  [/^otelcol\.exporter\.otlphttp/, { application: 'otlp-http', purpose: 'exports to' }],
  [/^otelcol\.exporter\.(?:otlp|loadbalancing)/, { application: 'otlp-grpc', purpose: 'exports to', port: 4317 }],
  [/^otelcol\.exporter\.kafka|^otelcol\.receiver\.kafka|^loki\.source\.kafka/, { application: 'kafka', purpose: 'talks to', port: 9092 }],
  [/^discovery\.consul/, { application: 'consul', purpose: 'asks for targets', port: 8500, control: true }],
  [/^discovery\.|^remote\.|^remotecfg|^import\./, { application: 'http', purpose: 'asks for targets', control: true }],
  [/^prometheus\.exporter\.redis/, { application: 'redis', purpose: 'reads from', port: 6379 }],
  [/^prometheus\.exporter\.postgres|^database_observability\.postgres/, { application: 'postgres', purpose: 'reads from', port: 5432 }],
  [/^prometheus\.exporter\.mysql|^database_observability\.mysql/, { application: 'mysql', purpose: 'reads from', port: 3306 }],
  [/^prometheus\.exporter\.mongodb/, { application: 'mongodb', purpose: 'reads from', port: 27_017 }],
  [/^prometheus\.exporter\.kafka/, { application: 'kafka', purpose: 'reads from', port: 9092 }],
  [/^prometheus\.exporter\.elasticsearch/, { application: 'elasticsearch', purpose: 'reads from', port: 9200 }],
];

const ADDRESS_KEYS =
  /^(?:url|urls|endpoint|endpoints|server|servers|brokers|kafka_brokers|redis_addr|mongodb_uri|data_source_name|data_source_names|address|proxy_url|host)$/;

function readAttribute(block: Block, inner: Block, path: string, name: string, strings: readonly RiverString[]): AgentFacts {
  const scraped = name === 'targets' && /\.(?:scrape|relabel)$/.test(block.name);
  const known = SPOKEN.find(([pattern]) => pattern.test(block.name))?.[1];
  const between = inner === block ? '' : `${inner.name}.`;
  const wanted = strings.filter(({ key }) => (scraped ? key === '__address__' : key === undefined && ADDRESS_KEYS.test(name)));
  return joinFacts(
    wanted.map(({ value }, index) =>
      dial(value, {
        setting: `${path}.${between}${name}${strings.length > 1 ? `[${index}]` : ''}`,
        purpose: known?.purpose ?? (block.name.includes('exporter') ? 'exports to' : 'talks to'),
        plane: known?.control === true ? 'control' : 'data',
        bare: known?.port !== undefined && !/url/.test(name),
        ...(known === undefined ? {} : { application: known.application }),
        ...(known?.port === undefined ? {} : { port: known.port }),
      }),
    ),
  );
}

interface Opens {
  readonly port: number;
  readonly application: Application;
  readonly transport?: Transport;
}

const OTLP: Readonly<Record<string, Opens>> = {
  grpc: { port: 4317, application: 'otlp-grpc' },
  http: { port: 4318, application: 'otlp-http' },
};
const JAEGER: Readonly<Record<string, Opens>> = {
  grpc: { port: 14_250, application: 'jaeger' },
  thrift_http: { port: 14_268, application: 'jaeger' },
  thrift_compact: { port: 6831, application: 'jaeger', transport: 'udp' },
  thrift_binary: { port: 6832, application: 'jaeger', transport: 'udp' },
};

/** Components that listen; Alloy's receivers take all addresses by default, unlike the Collector's. */
function readListening(block: Block): AgentFacts | undefined {
  const inner = block.name === 'otelcol.receiver.otlp' ? OTLP : block.name === 'otelcol.receiver.jaeger' ? JAEGER : undefined;
  if (inner !== undefined) {
    const blocks = block.blocks.flatMap((child) => (child.name === 'protocols' ? child.blocks : [child]));
    return joinFacts(blocks.flatMap((child) => (Object.hasOwn(inner, child.name) ? [opened(child, inner[child.name])] : [])));
  }
  if (block.name === 'otelcol.receiver.zipkin') return opened(block, { port: 9411, application: 'zipkin' });
  if (block.name === 'loki.source.syslog') {
    const listeners = block.blocks.filter(({ name }) => name === 'listener');
    return joinFacts(
      listeners.map((child) =>
        opened(child, { port: 514, application: 'syslog', transport: first(child, 'protocol')?.text === 'udp' ? 'udp' : 'tcp' }),
      ),
    );
  }
  const http = ['loki.source.api', 'prometheus.receive_http', 'pyroscope.receive_http', 'faro.receiver'].includes(block.name)
    ? block.blocks.find(({ name }) => name === 'http' || name === 'server')
    : undefined;
  if (http === undefined) return undefined;
  const [host, port] = [first(http, 'listen_address'), first(http, 'listen_port')];
  return listenAt(host, port, {
    setting: `${block.name}.http`,
    application: 'http',
    any: DUAL_STACK,
    port: block.name === 'faro.receiver' ? 12_347 : 8080,
    origin: http.origin,
  });
}

function opened(block: Block, opens: Opens | undefined): AgentFacts {
  if (opens === undefined) return facts({});
  const written = first(block, 'endpoint') ?? first(block, 'address');
  if (written !== undefined) return listen(written, { ...opens, setting: `${block.name}.endpoint`, any: DUAL_STACK });
  return facts({ listeners: [listener(DUAL_STACK, opens.port, block.origin, { ...opens, knowledge: 'assumed' })] });
}

const first = (block: Block, name: string) => block.attributes.get(name)?.[0]?.value;
