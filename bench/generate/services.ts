/** What stands in telemetry stacks that people publish: the body of each service, as lines below its name. */
import type { Random } from './random.ts';

export interface Place {
  readonly random: Random;
  /** A block of host ports that no other file of the run uses. */
  readonly hostPort: (offset: number) => number;
  /** Other services of the file, by what they are for. */
  readonly has: (service: string) => boolean;
}

export interface Template {
  readonly name: string;
  readonly networks: readonly string[];
  readonly volume?: string;
  readonly body: (place: Place) => readonly string[];
}

const healthcheck = (command: string, intervalSeconds: number): readonly string[] => [
  'healthcheck:',
  `  test: ["CMD-SHELL", "${command}"]`,
  `  interval: ${intervalSeconds}s`,
  '  timeout: 5s',
  '  retries: 5',
  '  start_period: 15s',
];

const dependsOn = (place: Place, services: readonly string[]): readonly string[] => {
  const present = services.filter(place.has);
  return present.length === 0 ? [] : ['depends_on:', ...present.flatMap((service) => [`  ${service}:`, '    condition: service_started'])];
};

export const templates: readonly Template[] = [
  {
    name: 'prometheus',
    networks: ['monitoring', 'backend'],
    volume: 'prometheus-data:/prometheus',
    body: (place) => [
      `image: prom/prometheus:v2.${40 + place.random.integer(15)}.0`,
      'command:',
      '  - --config.file=/etc/prometheus/prometheus.yml',
      '  - --storage.tsdb.path=/prometheus',
      `  - --storage.tsdb.retention.time=${place.random.pick(['7d', '15d', '30d'])}`,
      '  - --web.enable-lifecycle',
      'ports:',
      `  - "${place.hostPort(0)}:9090"`,
      ...healthcheck('wget -qO- http://localhost:9090/-/healthy || exit 1', 30),
    ],
  },
  {
    name: 'alertmanager',
    networks: ['monitoring'],
    body: (place) => [
      'image: prom/alertmanager:v0.27.0',
      'command: ["--config.file=/etc/alertmanager/config.yml", "--cluster.listen-address="]',
      'ports:',
      `  - "127.0.0.1:${place.hostPort(1)}:9093"`,
    ],
  },
  {
    name: 'grafana',
    networks: ['monitoring'],
    volume: 'grafana-data:/var/lib/grafana',
    body: (place) => [
      `image: grafana/grafana:${10 + place.random.integer(2)}.4.2`,
      'environment:',
      '  GF_SECURITY_ADMIN_USER: ${GRAFANA_USER:-admin}',
      '  GF_SECURITY_ADMIN_PASSWORD: ${GRAFANA_PASSWORD:-change-me}',
      '  GF_USERS_ALLOW_SIGN_UP: "false"',
      '  GF_SERVER_ROOT_URL: https://grafana.example.org/',
      'ports:',
      `  - target: 3000`,
      `    published: "${place.hostPort(2)}"`,
      '    protocol: tcp',
      ...dependsOn(place, ['prometheus', 'loki']),
    ],
  },
  {
    name: 'loki',
    networks: ['monitoring', 'logging'],
    volume: 'loki-data:/loki',
    body: (place) => [
      'image: grafana/loki:2.9.8',
      'command: -config.file=/etc/loki/local-config.yaml',
      'expose: ["3100"]',
      ...healthcheck('wget --spider -q http://localhost:3100/ready || exit 1', 10 + place.random.integer(20)),
    ],
  },
  {
    name: 'promtail',
    networks: ['logging'],
    body: (place) => [
      'image: grafana/promtail:2.9.8',
      'command: -config.file=/etc/promtail/config.yml -config.expand-env=true',
      'environment:',
      '  - LOKI_URL=http://loki:3100/loki/api/v1/push',
      '  - HOSTNAME=${HOSTNAME:-docker-host}',
      'volumes:',
      '  - /var/log:/var/log:ro',
      '  - /var/lib/docker/containers:/var/lib/docker/containers:ro',
      ...dependsOn(place, ['loki']),
    ],
  },
  {
    name: 'node-exporter',
    networks: ['monitoring'],
    body: () => [
      'image: prom/node-exporter:v1.8.1',
      'command:',
      "  - '--path.procfs=/host/proc'",
      "  - '--path.sysfs=/host/sys'",
      "  - '--path.rootfs=/rootfs'",
      "  - '--collector.filesystem.mount-points-exclude=^/(sys|proc|dev|host|etc)($$|/)'",
      'volumes:',
      '  - /proc:/host/proc:ro',
      '  - /sys:/host/sys:ro',
      '  - /:/rootfs:ro',
      'expose:',
      '  - 9100',
    ],
  },
  {
    name: 'cadvisor',
    networks: ['monitoring'],
    body: (place) => [
      'image: gcr.io/cadvisor/cadvisor:v0.49.1',
      'privileged: true',
      'devices:',
      '  - /dev/kmsg:/dev/kmsg',
      'volumes:',
      '  - /:/rootfs:ro',
      '  - /var/run:/var/run:ro',
      '  - /sys:/sys:ro',
      '  - /var/lib/docker/:/var/lib/docker:ro',
      'ports:',
      `  - ${place.hostPort(3)}:8080`,
    ],
  },
  {
    name: 'otel-collector',
    networks: ['monitoring', 'backend'],
    body: (place) => [
      `image: otel/opentelemetry-collector-contrib:0.${95 + place.random.integer(12)}.0`,
      'command: ["--config=/etc/otelcol/config.yaml"]',
      'ports:',
      `  - "${place.hostPort(4)}:4317"`,
      `  - "${place.hostPort(5)}:4318"`,
      '  - "13133"',
      ...dependsOn(place, ['jaeger', 'prometheus']),
    ],
  },
  {
    name: 'jaeger',
    networks: ['monitoring'],
    body: (place) => [
      'image: jaegertracing/all-in-one:1.57',
      'environment:',
      '  COLLECTOR_OTLP_ENABLED: "true"',
      '  SPAN_STORAGE_TYPE: memory',
      'ports:',
      `  - "${place.hostPort(6)}:16686"`,
    ],
  },
  {
    name: 'postgres',
    networks: ['backend'],
    volume: 'postgres-data:/var/lib/postgresql/data',
    body: () => [
      'image: postgres:16-alpine',
      'environment:',
      '  POSTGRES_USER: ${DB_USER:-app}',
      '  POSTGRES_PASSWORD: ${DB_PASSWORD:-secret}',
      '  POSTGRES_DB: app',
      ...healthcheck('pg_isready -U $${POSTGRES_USER} -d app', 10),
    ],
  },
  {
    name: 'redis',
    networks: ['backend'],
    body: () => [
      'image: redis:7-alpine',
      'command: redis-server --appendonly yes --maxmemory 256mb',
      ...healthcheck('redis-cli ping | grep PONG', 10),
    ],
  },
  {
    name: 'kafka',
    networks: ['backend'],
    volume: 'kafka-data:/var/lib/kafka/data',
    body: (place) => [
      'image: confluentinc/cp-kafka:7.6.1',
      'environment:',
      '  KAFKA_NODE_ID: 1',
      '  KAFKA_PROCESS_ROLES: broker,controller',
      '  KAFKA_LISTENERS: INTERNAL://0.0.0.0:29092,EXTERNAL://0.0.0.0:9092,CONTROLLER://0.0.0.0:9093',
      `  KAFKA_ADVERTISED_LISTENERS: INTERNAL://kafka:29092,EXTERNAL://localhost:${place.hostPort(7)}`,
      '  KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: INTERNAL:PLAINTEXT,EXTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
      '  KAFKA_INTER_BROKER_LISTENER_NAME: INTERNAL',
      '  KAFKA_CONTROLLER_LISTENER_NAMES: CONTROLLER',
      '  KAFKA_CONTROLLER_QUORUM_VOTERS: 1@kafka:9093',
      '  CLUSTER_ID: MkU3OEVBNTcwNTJENDM2Qk',
      'ports:',
      `  - "${place.hostPort(7)}:9092"`,
    ],
  },
];

/** A service of the user's own, which talks to what the file holds. */
export function application(name: string, hostPort: number | undefined): Template {
  return {
    name,
    networks: ['backend'],
    body: (place) => [
      `image: registry.example.org/shop/${name}:1.${place.random.integer(40)}.${place.random.integer(10)}`,
      'environment:',
      '  <<: *tracing',
      '  LOG_LEVEL: ${LOG_LEVEL:-info}',
      `  SERVICE_NAME: ${name}`,
      ...(place.has('postgres') ? [`  DATABASE_URL: postgres://\${DB_USER:-app}:\${DB_PASSWORD:-secret}@postgres:5432/${name}`] : []),
      ...(place.has('redis') ? ['  REDIS_HOST: redis', '  REDIS_PORT: "6379"'] : []),
      ...(place.has('kafka') ? ['  KAFKA_BROKERS: kafka:29092'] : []),
      ...(hostPort === undefined ? ['expose:', '  - "8080"'] : ['ports:', `  - "${hostPort}:8080"`]),
      ...dependsOn(place, ['postgres', 'redis', 'kafka']),
      'deploy:',
      '  resources:',
      '    limits:',
      `      memory: ${place.random.pick([128, 256, 512])}M`,
    ],
  };
}
