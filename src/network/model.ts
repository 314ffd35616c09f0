/**
 * THE MODEL: hosts, network namespaces, networks, endpoints, listeners, published ports, names, workloads and links,
 * each fact with its origin. Declared facts (files) and observed facts (an engine, /proc) live in the same model.
 *
 * Entities refer to each other by id. Ids are stable within one model and readable: they appear in JSON output.
 */
import type { Origin } from '../core/origin.ts';
import type { Problem } from '../core/problem.ts';
import type { Environment } from './environment.ts';
import type { Knowledge, Known } from './fact.ts';

export type Transport = 'tcp' | 'udp' | 'sctp';

export interface Model {
  readonly environment: Environment;
  readonly namespaces: readonly Namespace[];
  readonly workloads: readonly Workload[];
  readonly networks: readonly Network[];
  readonly endpoints: readonly Endpoint[];
  readonly listeners: readonly Listener[];
  readonly publications: readonly Publication[];
  readonly links: readonly Link[];
  readonly registrations: readonly Registration[];
  /** What was read with a remark: bad input, warnings, and what was not understood. */
  readonly problems: readonly Problem[];
}

/** The id of the network namespace of the Docker host; every model has it. */
export const HOST_NAMESPACE = 'host';

/**
 * A network namespace: what has one set of interfaces, routes and ports. Several workloads may share one
 * (`network_mode: service:x`, a Kubernetes pod, host mode).
 */
export interface Namespace {
  /** `host`, or the id of the workload that owns it. */
  readonly id: string;
  /** `machine`: another machine of the host's network, as far as it was described. */
  readonly kind: 'host' | 'container' | 'none' | 'machine';
  /**
   * True when `listeners` holds all sockets of this namespace (read from /proc, or stated): then a port without a
   * listener is closed. False: there may be listeners that nobody told us of.
   */
  readonly listenersComplete: boolean;
  /** Of a machine: its IP literals. */
  readonly addresses?: readonly string[];
}

/** A container (one, or the equal replicas of a service), or a process of the host that somebody declared. */
export interface Workload {
  /** Compose: `project/service`; docker run and the engine: the container's name, or `container-N` where it has none. */
  readonly id: string;
  /** As people call it in a terminal: the service's or the container's name. */
  readonly name: string;
  /** `agent`: a Fairlead agent that reported itself. */
  readonly declaredBy: 'compose' | 'docker-run' | 'engine' | 'agent';
  /** Where the whole thing is declared: the service's key, the `docker run` command, the inspected object. */
  readonly origin: Origin;
  readonly namespaceId: string;
  /** Where the namespace was chosen (`network_mode: host`, `--network container:x`); undefined when nothing was written. */
  readonly networkMode?: { readonly value: string; readonly origin: Origin };
  readonly project?: string;
  readonly containerName?: string;
  readonly hostname?: string;
  readonly image?: { readonly value: string; readonly origin: Origin };
  /** As the process sees it, the image's own not included. */
  readonly environment: readonly EnvironmentVariable[];
  readonly entrypoint?: Arguments;
  readonly command?: Arguments;
  readonly mounts: readonly Mount[];
  /** Labels of the container. */
  readonly labels: readonly { readonly name: string; readonly value: string; readonly origin: Origin }[];
  readonly extraHosts: readonly ExtraHost[];
  readonly dns: { readonly servers: readonly Text[]; readonly search: readonly Text[]; readonly options: readonly Text[] };
  /** Legacy links (`--link target:alias`) on the default bridge, and Compose `links`. */
  readonly legacyLinks: readonly { readonly target: string; readonly alias: string; readonly origin: Origin }[];
  /** Ports of `EXPOSE`/`--expose`/`expose:`; they publish nothing. */
  readonly exposed: readonly ExposedPort[];
  readonly publishAll?: Origin;
  readonly healthcheck?: Healthcheck;
  readonly dependsOn: readonly Dependency[];
  readonly resources: { readonly memoryBytes?: number; readonly cpus?: number; readonly origin?: Origin };
  readonly logging?: { readonly driver: string; readonly options: readonly Setting[]; readonly origin: Origin };
  readonly restart?: Text;
  readonly replicas: number;
  readonly capAdd: readonly string[];
  readonly privileged: boolean;
  readonly user?: string;
  /** A declared workload is taken as running. A paused one keeps its sockets: peers connect and get no answer. */
  readonly state: 'running' | 'paused' | 'stopped';
}

export interface Text {
  readonly value: string;
  readonly origin: Origin;
}

export interface Setting {
  readonly name: string;
  readonly value: string;
  readonly origin: Origin;
}

export interface Arguments {
  /** `shell` when one string is given to /bin/sh -c (or to Compose, which splits it). */
  readonly form: 'exec' | 'shell';
  readonly values: readonly Text[];
  readonly origin: Origin;
}

export interface EnvironmentVariable {
  readonly name: string;
  /** Undefined when it is passed through from a shell that we do not see. */
  readonly value: string | undefined;
  readonly origin: Origin;
}

export interface Mount {
  /** `config` and `secret` are Compose's; their `source` is the file, or `content` when it is written inline. */
  readonly kind: 'bind' | 'volume' | 'tmpfs' | 'config' | 'secret';
  /** Bind: the path on the host, resolved against the project folder. Volume: its name. */
  readonly source?: string;
  readonly content?: Text;
  readonly target: string;
  readonly readOnly: boolean;
  readonly origin: Origin;
}

export interface ExtraHost {
  readonly name: string;
  /** An IP literal, or `host-gateway`. */
  readonly address: string;
  readonly origin: Origin;
}

export interface ExposedPort {
  readonly port: number;
  readonly transport: Transport;
  readonly origin: Origin;
}

export interface Healthcheck {
  readonly disabled: boolean;
  /** `shell` for CMD-SHELL and plain strings. */
  readonly test: Arguments | undefined;
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
  readonly retries?: number;
  readonly startPeriodMs?: number;
  readonly origin: Origin;
}

export interface Dependency {
  readonly workloadId: string;
  readonly condition: 'service_started' | 'service_healthy' | 'service_completed_successfully';
  readonly restart: boolean;
  readonly required: boolean;
  readonly origin: Origin;
}

export const gatewayModes = ['nat', 'nat-unprotected', 'routed', 'isolated'] as const;
export type GatewayMode = (typeof gatewayModes)[number];

/** Id of Docker's default bridge (docker0): no embedded DNS, no aliases, no static addresses. */
export const DEFAULT_BRIDGE = 'bridge';

export interface Network {
  /** The name that the engine knows: `app_default`, `agent_network`, `bridge`. */
  readonly id: string;
  /** The key in the Compose file; same as `id` elsewhere. */
  readonly key: string;
  readonly origin: Origin;
  /** `bridge`, `overlay`, `macvlan`, `ipvlan`, or a plugin's name. Host and none are namespaces, not networks. */
  readonly driver: string;
  /** Created elsewhere: it may hold containers that this input does not show. */
  readonly external: boolean;
  readonly internal?: Origin;
  /** False: containers on this bridge cannot talk to each other (`com.docker.network.bridge.enable_icc`). */
  readonly icc: { readonly value: boolean; readonly origin: Origin };
  readonly gatewayMode4: { readonly value: GatewayMode; readonly origin: Origin };
  readonly gatewayMode6: { readonly value: GatewayMode; readonly origin: Origin };
  readonly masquerade: boolean;
  /** Address that published ports bind to when they name none (`host_binding_ipv4`); 0.0.0.0 and :: when undefined. */
  readonly hostBinding4?: string;
  readonly mtu?: { readonly value: number; readonly origin: Origin };
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  readonly attachable: boolean;
  /** Parent interface of macvlan and ipvlan. */
  readonly parent?: string;
  readonly subnets: readonly Subnet[];
  readonly options: readonly Setting[];
}

export interface Subnet {
  /** CIDR text as declared; may hold host bits. */
  readonly cidr: string;
  readonly ipRange?: string;
  readonly gateway?: string;
  readonly auxiliary: readonly string[];
  /** `declared` when the user chose it, `observed` when an engine reported it. */
  readonly knowledge: Knowledge;
  readonly origin: Origin;
}

/** A namespace's attachment to a network. */
export interface Endpoint {
  readonly id: string;
  readonly namespaceId: string;
  readonly networkId: string;
  /** The workload through which the attachment was made: the namespace's owner. */
  readonly workloadId: string;
  /** Names that the embedded DNS gives to this endpoint on this network; empty on the default bridge. */
  readonly names: readonly EndpointName[];
  readonly ipv4?: Known<string>;
  readonly ipv6?: Known<string>;
  readonly mac?: Known<string>;
  readonly gatewayPriority: number;
  readonly origin: Origin;
}

export interface EndpointName {
  readonly name: string;
  readonly kind: 'container' | 'service' | 'alias' | 'short-id' | 'hostname';
  readonly origin: Origin;
}

/** Something that accepts on a port of a namespace. */
export interface Listener {
  readonly namespaceId: string;
  readonly workloadId?: string;
  /** `0.0.0.0`, `::` (accepts IPv4 too unless `v6Only`), `127.0.0.1`, one address, or the container's own name for its own. */
  readonly address: string;
  readonly v6Only?: boolean;
  readonly port: number;
  readonly transport: Transport;
  /** What is spoken there when that is known. */
  readonly application?: Application;
  readonly knowledge: Knowledge;
  readonly origin: Origin;
}

export const applications = [
  'http',
  'https',
  'grpc',
  'otlp-grpc',
  'otlp-http',
  'kafka',
  'fluent-forward',
  'loki',
  'prometheus',
  'statsd',
  'syslog',
  'zabbix',
  'redis',
  'postgres',
  'mysql',
  'mongodb',
  'amqp',
  'mqtt',
  'consul',
  'etcd',
  'elasticsearch',
  'dns',
  'graphite',
  'influx',
  'gelf',
  'jaeger',
  'zipkin',
  'nats',
  'snmp',
  'other',
] as const;
export type Application = (typeof applications)[number];

/** `-p`: a port of the host that leads to a port of a container. Ranges are already taken apart, one entry per port. */
export interface Publication {
  readonly workloadId: string;
  readonly namespaceId: string;
  /** As written; undefined means all addresses, IPv4 and IPv6 (or the network's `hostBinding4`). */
  readonly hostIp?: string;
  /** Undefined: the engine picks one at start. `to` is set when it picks from a range. */
  readonly hostPort?: number;
  readonly hostPortTo?: number;
  readonly containerPort: number;
  readonly transport: Transport;
  readonly mode: 'ingress' | 'host';
  readonly origin: Origin;
  /** The place of just the host port or just the container port, where the text has it. */
  readonly hostPortOrigin?: Origin;
  readonly containerPortOrigin?: Origin;
  readonly knowledge: Knowledge;
}

/** Who evaluates the string of a link decides what `localhost` in it means. */
export type Evaluator = 'container' | 'host' | 'engine' | 'browser' | 'outside';

/** An agent's wish to talk to something: the unit of interest. */
export interface Link {
  readonly id: string;
  /** Who dials. */
  readonly workloadId: string;
  readonly evaluator: Evaluator;
  /** As written, whole: `http://localhost:9090/api/v1/write`. */
  readonly raw: string;
  /** Host name or IP literal (no brackets); undefined when the text holds something that we cannot evaluate. */
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly transport: Transport;
  readonly application: Application;
  readonly plane: 'control' | 'data';
  /** What the link is for, as part of a sentence: `scrapes`, `exports traces to`, `reads from`. */
  readonly purpose: string;
  /** Name of the setting it was found in: `AGENT_ENDPOINT`, `scrape_configs[0].static_configs[0].targets[1]`. */
  readonly setting: string;
  readonly origin: Origin;
  /** Narrower places for blame and fixes, where the text has them (see `subOrigin`). */
  readonly hostOrigin?: Origin;
  readonly portOrigin?: Origin;
  /** True when a convention, not a known program's documentation, made us take it for a link (`*_URL`). */
  readonly generic: boolean;
}

/** What a registry or a broker tells others to dial: Consul's catalog, Kafka's advertised listeners, ZBX_HOSTNAME and the like. */
export interface Registration {
  readonly id: string;
  /** `consul`, `kafka`, …: who hands the address out. */
  readonly registry: string;
  readonly service: string;
  /** The workload that it speaks of, where that is known. */
  readonly workloadId?: string;
  readonly address: string;
  readonly port: number;
  /** Who is going to dial it, where that is stated: a Kafka listener named OUTSIDE/HOST/EXTERNAL means the host or beyond. */
  readonly audience: 'containers' | 'host' | 'unknown';
  readonly origin: Origin;
  readonly addressOrigin?: Origin;
  readonly portOrigin?: Origin;
}
