/**
 * One Compose project of many services on many networks: teams with an agent, an application tier and stores each, and a
 * monitoring network that all agents share. Most containers are equal to many others, as they are in real fleets.
 */
export function fleet(services: number): string {
  const perTeam = 20;
  const teams = Math.ceil(services / perTeam);
  const lines = ['name: fleet', 'services:'];
  for (let index = 0; index < services; index += 1) lines.push(...member(index % perTeam, Math.floor(index / perTeam), teams));
  lines.push('networks:', '  monitoring: {}', ...Array.from({ length: teams }, (_, team) => `  team-${team}: {}`), '');
  return lines.join('\n');
}

function member(position: number, team: number, teams: number): readonly string[] {
  const own = `team-${team}`;
  if (position === 0)
    return entry(
      `agent-${team}`,
      'otel/opentelemetry-collector-contrib:0.100.0',
      [own, 'monitoring'],
      [`expose: ["4317", "4318"]`, `environment: { UPSTREAM_ENDPOINT: "http://agent-${(team + 1) % teams}:4317" }`],
    );
  if (position === 1) return entry(`postgres-${team}`, 'postgres:16-alpine', [own], []);
  if (position === 2) return entry(`redis-${team}`, 'redis:7-alpine', [own], []);
  if (position === 3) return entry(`edge-${team}`, 'nginx:1.27', [own], [`ports: ["${10_000 + team}:80"]`]);
  return entry(
    `app-${team}-${position}`,
    'registry.example.org/shop/app:1.0.0',
    [own],
    [
      'expose: ["8080"]',
      'environment:',
      `  OTEL_EXPORTER_OTLP_ENDPOINT: http://agent-${team}:4317`,
      `  DATABASE_URL: postgres://app@postgres-${team}:5432/app`,
    ],
  );
}

function entry(name: string, image: string, networks: readonly string[], body: readonly string[]): readonly string[] {
  return [`  ${name}:`, `    image: ${image}`, ...body.map((line) => `    ${line}`), `    networks: [${networks.join(', ')}]`];
}
