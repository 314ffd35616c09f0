/** The keys of a Compose file and what they hold (compose-spec schema as Compose 2.40 carries it; 2.26 knows fewer). */
import type { Shape } from './shape.ts';
import {
  any,
  anyScalar,
  between,
  either,
  flag,
  integer,
  list,
  map,
  mapOf,
  nothing,
  number,
  set,
  strictFlag,
  strictNumber,
  text,
  textOrNumber,
  word,
} from './shape.ts';

const name = /^[a-zA-Z0-9._-]+$/;
const texts = set(text);
const textOrList = either(text, texts);
const pairs = either(mapOf(either(anyScalar, nothing)), texts);
const command = either(text, list(text), nothing);
const hosts = either(mapOf(either(text, list(text))), texts);
const options = map({}, { each: textOrNumber });
const limits = either(integer, map({ hard: integer, soft: integer }, { required: ['soft', 'hard'] }));
const ulimits = map({}, { each: limits });
const fileMounts = list(either(text, map({ source: text, target: text, uid: text, gid: text, mode: number })));
const hook = map({ command, user: text, privileged: flag, working_dir: text, environment: pairs });
const external = either(flag, map({ name: text }));

const build = map({
  context: text,
  dockerfile: text,
  dockerfile_inline: text,
  entitlements: list(text),
  args: pairs,
  ssh: pairs,
  labels: pairs,
  cache_from: list(text),
  cache_to: list(text),
  no_cache: flag,
  additional_contexts: pairs,
  network: text,
  provenance: flag,
  sbom: flag,
  pull: flag,
  target: text,
  shm_size: number,
  extra_hosts: hosts,
  isolation: text,
  privileged: flag,
  secrets: fileMounts,
  tags: list(text),
  ulimits,
  platforms: list(text),
});

const device = map(
  { capabilities: texts, count: integer, device_ids: texts, driver: text, options: pairs },
  { required: ['capabilities'] },
);
const update = map({
  parallelism: integer,
  delay: text,
  failure_action: text,
  monitor: text,
  max_failure_ratio: number,
  order: word('start-first', 'stop-first'),
});

const deploy = map({
  mode: text,
  endpoint_mode: text,
  replicas: integer,
  labels: pairs,
  rollback_config: update,
  update_config: update,
  resources: map({
    limits: map({ cpus: number, memory: text, pids: integer }),
    reservations: map({
      cpus: number,
      memory: text,
      generic_resources: list(map({ discrete_resource_spec: map({ kind: text, value: number }) })),
      devices: list(device),
    }),
  }),
  restart_policy: map({ condition: text, delay: text, max_attempts: integer, window: text }),
  placement: map({ constraints: list(text), preferences: list(map({ spread: text })), max_replicas_per_node: integer }),
});

const dependency = map(
  { restart: flag, required: strictFlag, condition: word('service_started', 'service_healthy', 'service_completed_successfully') },
  { required: ['condition'] },
);

const attachment = map({
  aliases: texts,
  interface_name: text,
  ipv4_address: text,
  ipv6_address: text,
  link_local_ips: texts,
  mac_address: text,
  driver_opts: options,
  priority: strictNumber,
  gw_priority: strictNumber,
});

const port = map({ name: text, mode: text, host_ip: text, target: integer, published: integer, protocol: text, app_protocol: text });

const volumeMount = map(
  {
    type: word('bind', 'volume', 'tmpfs', 'cluster', 'npipe', 'image'),
    source: text,
    target: text,
    read_only: flag,
    consistency: text,
    bind: map({
      propagation: text,
      create_host_path: flag,
      recursive: word('enabled', 'disabled', 'writable', 'readonly'),
      selinux: word('z', 'Z'),
    }),
    volume: map({ labels: pairs, nocopy: flag, subpath: text }),
    tmpfs: map({ size: integer, mode: number }),
    image: map({ subpath: text }),
  },
  { required: ['type'] },
);

const watch = map(
  {
    ignore: textOrList,
    include: textOrList,
    path: text,
    action: word('rebuild', 'sync', 'restart', 'sync+restart', 'sync+exec'),
    target: text,
    exec: hook,
    initial_sync: strictFlag,
  },
  { required: ['path', 'action'] },
);

const rates = list(map({ path: text, rate: integer }, { extensions: false }));
const weights = list(map({ path: text, weight: integer }, { extensions: false }));

const service = map({
  annotations: pairs,
  attach: flag,
  blkio_config: map(
    {
      device_read_bps: rates,
      device_read_iops: rates,
      device_write_bps: rates,
      device_write_iops: rates,
      weight: integer,
      weight_device: weights,
    },
    { extensions: false },
  ),
  build: either(text, build),
  cap_add: texts,
  cap_drop: texts,
  cgroup: word('host', 'private'),
  cgroup_parent: text,
  command,
  configs: fileMounts,
  container_name: text,
  cpu_count: between(0, Number.MAX_SAFE_INTEGER),
  cpu_percent: between(0, 100),
  cpu_period: number,
  cpu_quota: number,
  cpu_rt_period: number,
  cpu_rt_runtime: number,
  cpu_shares: number,
  cpus: number,
  cpuset: text,
  credential_spec: map({ config: text, file: text, registry: text }),
  depends_on: either(texts, mapOf(dependency, name)),
  deploy: either(deploy, nothing),
  develop: either(map({ watch: list(watch) }), nothing),
  device_cgroup_rules: texts,
  devices: list(either(text, map({ source: text, target: text, permissions: text }, { required: ['source'] }))),
  dns: textOrList,
  dns_opt: texts,
  dns_search: textOrList,
  domainname: text,
  entrypoint: command,
  env_file: either(text, list(either(text, map({ path: text, format: text, required: flag }, { required: ['path'], extensions: false })))),
  environment: pairs,
  expose: set(textOrNumber),
  extends: either(text, map({ service: text, file: text }, { required: ['service'], extensions: false })),
  external_links: texts,
  extra_hosts: hosts,
  gpus: either(word('all'), list(map({ capabilities: texts, count: integer, device_ids: texts, driver: text, options: pairs }))),
  group_add: set(textOrNumber),
  healthcheck: map({
    disable: flag,
    interval: text,
    retries: number,
    test: either(text, list(text)),
    timeout: text,
    start_period: text,
    start_interval: text,
  }),
  hostname: text,
  image: text,
  init: flag,
  ipc: text,
  isolation: text,
  label_file: either(text, list(text)),
  labels: pairs,
  links: texts,
  logging: map({ driver: text, options: map({}, { each: either(textOrNumber, nothing) }) }),
  mac_address: text,
  mem_limit: number,
  mem_reservation: integer,
  mem_swappiness: integer,
  memswap_limit: number,
  models: either(texts, mapOf(either(map({ endpoint_var: text, model_var: text }), nothing), name)),
  network_mode: text,
  networks: either(texts, mapOf(either(attachment, nothing), name)),
  oom_kill_disable: flag,
  oom_score_adj: between(-1000, 1000),
  pid: either(text, nothing),
  pids_limit: number,
  platform: text,
  ports: set(either(textOrNumber, port)),
  post_start: list(hook),
  pre_stop: list(hook),
  privileged: flag,
  profiles: texts,
  provider: map({ type: text, options: map({}, { each: either(anyScalar, list(anyScalar)) }) }, { required: ['type'] }),
  pull_policy: text,
  pull_refresh_after: text,
  read_only: flag,
  restart: text,
  runtime: text,
  scale: integer,
  secrets: fileMounts,
  security_opt: texts,
  shm_size: number,
  stdin_open: flag,
  stop_grace_period: text,
  stop_signal: text,
  storage_opt: map({}, { each: any }),
  sysctls: pairs,
  tmpfs: textOrList,
  tty: flag,
  ulimits,
  use_api_socket: strictFlag,
  user: text,
  userns_mode: text,
  uts: text,
  volumes: set(either(text, volumeMount)),
  volumes_from: texts,
  working_dir: text,
});

const network = map({
  name: text,
  driver: text,
  driver_opts: options,
  ipam: map({
    driver: text,
    config: list(map({ subnet: text, ip_range: text, gateway: text, aux_addresses: mapOf(text) })),
    options: mapOf(text),
  }),
  external,
  internal: flag,
  enable_ipv4: flag,
  enable_ipv6: flag,
  attachable: flag,
  labels: pairs,
});

const volume = map({ name: text, driver: text, driver_opts: options, external, labels: pairs });
const fileObject = {
  name: text,
  environment: text,
  file: text,
  external,
  labels: pairs,
  driver: text,
  driver_opts: options,
  template_driver: text,
};
const secret = map(fileObject);
const config = map({ ...fileObject, content: text });
const model = map({ name: text, model: text, context_size: strictNumber, runtime_flags: list(text) }, { required: ['model'] });

const include = either(text, map({ path: textOrList, env_file: textOrList, project_directory: text }, { extensions: false }));

export const composeFile: Shape = map({
  version: text,
  name: text,
  include: list(include),
  services: mapOf(service, name),
  models: mapOf(model, name),
  networks: mapOf(either(network, nothing), name),
  volumes: mapOf(either(volume, nothing), name),
  secrets: mapOf(secret, name),
  configs: mapOf(config, name),
});
