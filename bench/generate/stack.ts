/** Writes one Compose file in the manner of published telemetry stacks: anchors, healthchecks, networks, environment, about 1.5 to 6 kB. */
import { type Random, seeded } from './random.ts';
import { application, type Place, type Template, templates } from './services.ts';

const applicationNames = ['frontend', 'checkout', 'cart', 'catalogue', 'payment', 'shipping', 'search', 'mailer'] as const;

/** `index` gives each file of a run host ports of its own: files that people keep side by side on one host do not collide either. */
export function stack(seed: number, index: number): string {
  const random = seeded(seed * 10_007 + index);
  const chosen = [...random.sample(templates, 2 + random.integer(6)), ...applications(random, index)];
  const names = new Set(chosen.map(({ name }) => name));
  const place: Place = { random, hostPort: (offset) => hostPort(index, offset), has: (name) => names.has(name) };
  return [
    ...header(names),
    'services:',
    ...chosen.flatMap((template) => ['', ...service(template, place).map((line) => (line === '' ? line : `  ${line}`))]),
    '',
    ...networks(chosen, random),
    ...volumes(chosen),
    '',
  ].join('\n');
}

const hostPort = (index: number, offset: number): number => 10_000 + index * 16 + offset;

function applications(random: Random, index: number): readonly Template[] {
  const names = random.sample(applicationNames, 1 + random.integer(5));
  return names.map((name, position) => application(name, position === 0 ? hostPort(index, 8) : undefined));
}

function header(names: ReadonlySet<string>): readonly string[] {
  const endpoint = names.has('otel-collector') ? 'http://otel-collector:4317' : 'http://otel.example.org:4317';
  return [
    '# Telemetry stack; see the wiki before changing ports.',
    'x-logging: &logging',
    '  driver: json-file',
    '  options:',
    '    max-size: "10m"',
    '    max-file: "3"',
    '',
    'x-service: &service',
    '  restart: unless-stopped',
    '  logging: *logging',
    '',
    'x-tracing: &tracing',
    `  OTEL_EXPORTER_OTLP_ENDPOINT: ${endpoint}`,
    '  OTEL_EXPORTER_OTLP_PROTOCOL: grpc',
    '',
  ];
}

function service(template: Template, place: Place): readonly string[] {
  const body = template.body(place);
  const mounts = template.volume === undefined ? [] : ['volumes:', `  - ${template.volume}`];
  return [
    `${template.name}:`,
    ...['<<: *service', ...body, ...mounts, 'networks:', ...template.networks.map((network) => `  - ${network}`)].map(
      (line) => `  ${line}`,
    ),
  ];
}

function networks(chosen: readonly Template[], random: Random): readonly string[] {
  const used = [...new Set(chosen.flatMap((template) => template.networks))];
  return ['networks:', ...used.flatMap((name) => (random.chance(0.3) ? [`  ${name}:`, '    driver: bridge'] : [`  ${name}: {}`]))];
}

function volumes(chosen: readonly Template[]): readonly string[] {
  const used = chosen.flatMap(({ volume }) => (volume === undefined ? [] : [volume.split(':')[0]]));
  return used.length === 0 ? [] : ['', 'volumes:', ...used.map((name) => `  ${name}: {}`)];
}
