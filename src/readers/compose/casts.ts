import { pathTable } from './pattern.ts';

/** What a text at a path has to be, so that `privileged: "${PRIVILEGED}"` works. */
export type Cast = 'boolean' | 'integer' | 'number';

const integers = [
  'configs.*.mode',
  'cpu_count',
  'cpu_period',
  'cpu_quota',
  'cpu_rt_period',
  'cpu_rt_runtime',
  'cpu_shares',
  'deploy.replicas',
  'deploy.resources.limits.pids',
  'deploy.update_config.parallelism',
  'deploy.rollback_config.parallelism',
  'deploy.restart_policy.max_attempts',
  'deploy.placement.max_replicas_per_node',
  'healthcheck.retries',
  'oom_score_adj',
  'pids_limit',
  'ports.*.target',
  'scale',
  'secrets.*.mode',
  'ulimits.*',
  'ulimits.*.hard',
  'ulimits.*.soft',
];
const numbers = [
  'cpu_percent',
  'cpus',
  'deploy.resources.limits.cpus',
  'deploy.resources.reservations.cpus',
  'deploy.update_config.max_failure_ratio',
  'deploy.rollback_config.max_failure_ratio',
];
const booleans = [
  'attach',
  'init',
  'healthcheck.disable',
  'oom_kill_disable',
  'privileged',
  'read_only',
  'stdin_open',
  'tty',
  'volumes.*.read_only',
  'volumes.*.volume.nocopy',
];
const resources = [
  'networks.*.external',
  'networks.*.internal',
  'networks.*.attachable',
  'volumes.*.external',
  'secrets.*.external',
  'configs.*.external',
];

const inService = (paths: readonly string[], kind: Cast) => paths.map((path) => [`services.*.${path}`, kind] as const);

export const casts = pathTable<Cast>(
  Object.fromEntries([
    ...inService(integers, 'integer'),
    ...inService(numbers, 'number'),
    ...inService(booleans, 'boolean'),
    ...resources.map((path) => [path, 'boolean'] as const),
  ]),
);

const truths: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'y', 'yes', 'on'].map((word) => [word, true] as const),
  ...['false', 'n', 'no', 'off'].map((word) => [word, false] as const),
]);

export function cast(kind: Cast, text: string): number | boolean | undefined {
  switch (kind) {
    case 'boolean':
      return truths.get(text.toLowerCase());
    case 'integer':
      return /^[-+]?\d+$/.test(text) ? Number(text) : undefined;
    case 'number':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined;
    default:
      return kind satisfies never;
  }
}
