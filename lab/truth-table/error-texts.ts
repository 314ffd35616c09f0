/** An engine's refusal, provoked by command lines; the texts are what users paste into search engines. */
export interface ErrorText {
  readonly id: string;
  /** Command lines before the last one have to succeed. */
  readonly commands: readonly string[];
  /** A part of what the last command prints on stderr; where versions differ, by version. `undefined` for a version: it succeeds there. */
  readonly says: string | Readonly<Record<string, string | undefined>>;
}

/** 28 puts this in front of most errors of starting. */
const image = 'fairlead-lab:1';
const idle = `${image} sleep 1000`;

function since28(before: string, after: string): Readonly<Record<string, string>> {
  return { '20.10': before, '26.1': before, '28.5': after };
}

/** Error texts of the engines, from the table in lab.md §3; `serve PORT` in the host's namespace is a process that holds a port. */
export const errorTexts: readonly ErrorText[] = [
  {
    id: 'port-taken-by-container',
    commands: [`docker run -d --name one -p 8095:80 ${idle}`, `docker run -d --name two -p 8095:80 ${idle}`],
    says: since28('Bind for 0.0.0.0:8095 failed: port is already allocated', 'failed: port is already allocated'),
  },
  {
    id: 'port-taken-by-process',
    commands: [`docker run -d --name one -p 7001:80 ${idle}`],
    says: {
      '20.10': 'Error starting userland proxy: listen tcp4 0.0.0.0:7001: bind: address already in use',
      '26.1': 'address already in use',
      '28.5': 'failed to bind host port',
    },
  },
  {
    id: 'foreign-host-address',
    commands: [`docker run -d --name one -p 10.99.9.9:8199:80 ${idle}`],
    says: 'cannot assign requested address',
  },
  { id: 'port-too-large', commands: [`docker run -d --name one -p 99999:80 ${idle}`], says: 'Invalid hostPort: 99999' },
  {
    id: 'address-taken',
    commands: [
      'docker network create --subnet 172.21.0.0/24 st',
      `docker run -d --name one --network st --ip 172.21.0.5 ${idle}`,
      `docker run -d --name two --network st --ip 172.21.0.5 ${idle}`,
    ],
    says: 'Address already in use',
  },
  {
    id: 'address-of-gateway',
    commands: ['docker network create --subnet 172.21.0.0/24 st', `docker run -d --name one --network st --ip 172.21.0.1 ${idle}`],
    says: 'Address already in use',
  },
  {
    id: 'address-outside-subnet',
    commands: ['docker network create --subnet 172.21.0.0/24 st', `docker run -d --name one --network st --ip 10.67.0.10 ${idle}`],
    says: {
      '20.10': "It does not belong to any of this network's subnets",
      '26.1': 'no configured subnet or ip-range contain the IP address 10.67.0.10',
      '28.5': 'no configured subnet or ip-range contain the IP address 10.67.0.10',
    },
  },
  {
    id: 'address-on-default-bridge',
    commands: [`docker run -d --name one --ip 172.30.0.9 ${idle}`],
    says: {
      '20.10': undefined, // the address is ignored without a word
      '26.1': 'user specified IP address is supported on user defined networks only',
      '28.5': 'user specified IP address is supported on user defined networks only',
    },
  },
  {
    id: 'address-on-default-bridge-by-name',
    commands: [`docker run -d --name one --network bridge --ip 172.30.0.9 ${idle}`],
    says: 'user specified IP address is supported on user defined networks only',
  },
  {
    id: 'address-with-automatic-subnet',
    commands: ['docker network create auto', `docker run -d --name one --network auto --ip 172.31.0.9 ${idle}`],
    says: 'user specified IP address is supported only when connecting to networks with user configured subnets',
  },
  {
    id: 'alias-on-default-bridge',
    commands: [`docker run -d --name one --network bridge --network-alias api ${idle}`],
    says: 'network-scoped aliases are only supported for user-defined networks',
  },
  {
    id: 'subnets-overlap',
    commands: ['docker network create --subnet 172.21.0.0/24 st', 'docker network create --subnet 172.21.0.0/16 wide'],
    says: 'Pool overlaps with other one on this address space',
  },
  {
    id: 'bad-subnet',
    commands: ['docker network create --subnet 300.1.1.0/24 st'],
    says: {
      '20.10': 'invalid CIDR address: 300.1.1.0/24',
      '26.1': 'invalid',
      '28.5': 'invalid subnet 300.1.1.0/24: invalid CIDR block notation',
    },
  },
  {
    id: 'host-bits-set',
    commands: ['docker network create --subnet 172.21.0.5/24 st'],
    says: { '20.10': undefined, '26.1': 'it should be 172.21.0.0/24', '28.5': 'invalid subnet 172.21.0.5/24: it should be 172.21.0.0/24' },
  },
  {
    id: 'gateway-outside-subnet',
    commands: ['docker network create --subnet 172.21.0.0/24 --gateway 10.69.0.1 st'],
    says: 'no matching subnet for gateway 10.69.0.1',
  },
  {
    id: 'network-name-taken',
    commands: ['docker network create st', 'docker network create st'],
    says: 'network with name st already exists',
  },
  { id: 'network-unknown', commands: [`docker run -d --name one --network nosuchnet ${idle}`], says: 'network nosuchnet not found' },
  {
    id: 'network-in-use',
    commands: ['docker network create st', `docker run -d --name one --network st ${idle}`, 'docker network rm st'],
    says: 'has active endpoints',
  },
  { id: 'network-predefined', commands: ['docker network rm bridge'], says: 'bridge is a pre-defined network and cannot be removed' },
  {
    id: 'container-name-taken',
    commands: [`docker run -d --name one ${idle}`, `docker run -d --name one ${idle}`],
    says: 'Conflict. The container name "/one" is already in use by container',
  },
  {
    id: 'container-name-too-short',
    commands: [`docker run -d --name a ${idle}`],
    says: 'Invalid container name (a), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed',
  },
  {
    id: 'container-mode-with-publish',
    commands: [`docker run -d --name one ${idle}`, `docker run -d --name two --network container:one -p 80:80 ${idle}`],
    says: 'conflicting options: port publishing and the container type network mode',
  },
  {
    id: 'container-mode-with-hostname',
    commands: [`docker run -d --name one ${idle}`, `docker run -d --name two --network container:one --hostname h ${idle}`],
    says: 'conflicting options: hostname and the network mode',
  },
  {
    id: 'container-mode-with-extra-host',
    commands: [`docker run -d --name one ${idle}`, `docker run -d --name two --network container:one --add-host a:1.2.3.4 ${idle}`],
    says: 'conflicting options: custom host-to-IP mapping and the network mode',
  },
  {
    id: 'container-mode-with-dns',
    commands: [`docker run -d --name one ${idle}`, `docker run -d --name two --network container:one --dns 192.0.2.1 ${idle}`],
    says: 'conflicting options: dns and the network mode',
  },
  {
    id: 'container-mode-with-expose',
    commands: [`docker run -d --name one ${idle}`, `docker run -d --name two --network container:one --expose 80 ${idle}`],
    says: 'conflicting options: port exposing and the container type network mode',
  },
  {
    id: 'container-mode-not-running',
    commands: [`docker create --name one ${idle}`, `docker run -d --name two --network container:one ${idle}`],
    says: {
      '20.10': 'cannot join network of a non running container',
      '26.1': 'cannot join network of a non running container',
      '28.5': 'cannot join network namespace of a non running container',
    },
  },
  {
    id: 'container-mode-unknown',
    commands: [`docker run -d --name two --network container:nosuch ${idle}`],
    says: 'No such container: nosuch',
  },
  {
    id: 'host-mode-with-link',
    commands: [`docker run -d --name one ${idle}`, `docker run -d --name two --network host --link one ${idle}`],
    says: {
      '20.10': 'links are only supported for user-defined networks',
      '26.1': 'links are only supported for user-defined networks',
      '28.5': 'conflicting options: host type networking can',
    },
  },
  {
    id: 'host-mode-discards-publish',
    commands: [`docker run --name one --network host -p 80:80 ${image} true`],
    says: 'Published ports are discarded when using host network mode',
  },
  {
    id: 'host-and-user-network',
    commands: ['docker network create st', `docker run -d --name one --network host ${idle}`, 'docker network connect st one'],
    says: 'container sharing network namespace with another container or host cannot be connected to any other network',
  },
  {
    id: 'overlay-without-swarm',
    commands: ['docker network create -d overlay over'],
    says: 'This node is not a swarm manager',
  },
  { id: 'driver-unknown', commands: ['docker network create -d nosuchdrv st'], says: 'plugin "nosuchdrv" not found' },
  {
    id: 'macvlan-parent-unknown',
    commands: ['docker network create -d macvlan -o parent=nosuch0 st'],
    says: 'invalid subinterface vlan name nosuch0, example formatting is eth0.10',
  },
  {
    id: 'link-to-nobody',
    commands: [`docker run -d --name one --link nosuch ${idle}`],
    says: 'could not get container for nosuch',
  },
  {
    id: 'host-gateway-entry-without-value',
    commands: [`docker run -d --name one --add-host nowhere ${idle}`],
    says: 'bad format for add-host: "nowhere"',
  },
];
