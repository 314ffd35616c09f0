/** What the peers (peer.ts) and the tests say to each other. */
export const transports = ['tcp', 'udp'] as const;
export type Transport = (typeof transports)[number];

/** An address and port on which a process answers; the address as given to bind(2). */
export interface Listener {
  readonly address: string;
  readonly port: number;
  readonly transport: Transport;
}

export interface PeerConfig {
  readonly name: string;
  /** Unix socket on which the peer takes probe requests; made when every listener is open. */
  readonly socket: string;
  readonly listeners: readonly Listener[];
}

/** The first line on the socket: what the peer could not open (address in use, address not there). */
export interface PeerHello {
  readonly name: string;
  readonly failed: readonly (Listener & { readonly code: string })[];
}

/** What a peer is asked; it answers with the same id and a ProbeResult, or the listeners that it could not open. */
export type PeerRequest =
  | { readonly id: number; readonly probe: Probe }
  | { readonly id: number /** Instead of all that it has open. */; readonly listen: readonly Listener[] };

export interface Probe {
  /** A name or a literal address; resolved as applications do, by getaddrinfo(3). */
  readonly host: string;
  readonly port: number;
  /** `icmp` sends one echo request; the port is ignored. */
  readonly transport: Transport | 'icmp';
  readonly timeoutMs: number;
  /** Names not resolved by then count as a failure of the resolver; 20.10 takes 20 s to give up on servers that it cannot reach. */
  readonly resolveTimeoutMs?: number;
}

export const outcomes = [
  'ok',
  'refused',
  'timeout',
  'nxdomain',
  'dns-failure',
  'network-unreachable',
  'host-unreachable',
  'reset',
  'error',
] as const;

/**
 * What a client saw. `ok` needs the peer's identifying line; `reset` is a connection that was accepted and then closed without it.
 * `timeout` with phase `response` is a connection that was accepted and stayed silent.
 */
export type Outcome = (typeof outcomes)[number];

export interface Attempt {
  readonly address: string;
  readonly outcome: Outcome;
  readonly phase: 'resolve' | 'connect' | 'response';
  readonly code: string;
  /** Name of the peer that answered. */
  readonly answeredBy: string;
  /** The source address that the answering peer saw. */
  readonly seenAs: string;
  readonly ms: number;
}

/** The attempts in the order of the resolved addresses, the last one being the one that decided; its fields are repeated on top. */
export interface ProbeResult extends Attempt {
  readonly attempts: readonly Attempt[];
}
