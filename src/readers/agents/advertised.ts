/** `NAME://host:port,…`: how Kafka and Redpanda write what they listen on and what they advertise. */
import type { Application, Registration } from '../../network/model.ts';
import { gap, portOf } from './dial.ts';
import type { AnyAddress } from './listen.ts';
import { listen } from './listen.ts';
import { isHost } from './parse/endpoint.ts';
import type { Value } from './parse/value.ts';
import { hasUnknown, partOrigin, slice, split } from './parse/value.ts';
import type { AgentFacts } from './program.ts';
import { facts, joinFacts } from './program.ts';

export interface NamedAddress {
  readonly name: string;
  readonly whole: Value;
  readonly host: string;
  readonly hostAt: readonly [number, number];
  readonly port: number | undefined;
  readonly portAt: readonly [number, number];
}

export function namedAddresses(value: Value): readonly NamedAddress[] {
  return split(value, /,/).flatMap((whole): NamedAddress[] => {
    const match = /^(?:([\w.-]+):\/\/)?(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(whole.text);
    if (match === null || (match[3] !== undefined && portOf(match[3]) === undefined)) return [];
    const [, name = '', host = '', port] = match;
    const hostFrom = name === '' ? 0 : name.length + 3;
    const brackets = host.startsWith('[') ? 1 : 0;
    const portTo = whole.text.length;
    return [
      {
        name,
        whole,
        host: host.slice(brackets, host.length - brackets),
        hostAt: [hostFrom + brackets, hostFrom + host.length - brackets],
        port: port === undefined ? undefined : Number(port),
        portAt: [portTo - (port?.length ?? 0), portTo],
      },
    ];
  });
}

export function listenOn(
  value: Value | undefined,
  setting: string,
  application: Application,
  port: number,
  any: AnyAddress,
  ownNames: ReadonlySet<string>,
): AgentFacts {
  if (value === undefined) return facts({});
  return joinFacts(
    namedAddresses(value).map(({ whole, hostAt }) =>
      listen(slice(whole, hostAt[0] - (whole.text[hostAt[0] - 1] === '[' ? 1 : 0), whole.text.length), {
        setting,
        application,
        port,
        any,
        ownNames,
      }),
    ),
  );
}

/** What clients are told to dial. The name of a listener says for whom it is; a broker that says nothing leaves it unknown. */
export function advertise(value: Value | undefined, setting: string, registry: string, service: string, port: number): AgentFacts {
  if (value === undefined) return facts({});
  return joinFacts(
    namedAddresses(value).map((address) => {
      if (hasUnknown(address.whole.text)) return facts({ problems: [gap(address.whole, setting)] });
      // An empty host stands for the container's own name.
      if (address.host === '' || !isHost(address.host)) return facts({});
      return facts({
        registrations: [
          {
            registry,
            service: address.name === '' ? service : `${service} (${address.name})`,
            address: address.host,
            port: address.port ?? port,
            audience: audienceOf(address.name),
            origin: address.whole.origin,
            addressOrigin: partOrigin(address.whole, ...address.hostAt),
            ...(address.port === undefined ? {} : { portOrigin: partOrigin(address.whole, ...address.portAt) }),
          },
        ],
      });
    }),
  );
}

function audienceOf(listenerName: string): Registration['audience'] {
  if (/OUTSIDE|OUTER|EXTERNAL|(?:^|[_-])EXT(?:[_-]|$)|HOST|PUBLIC|LOCAL/i.test(listenerName)) return 'host';
  return /INSIDE|INTERNAL|(?:^|[_-])INT(?:[_-]|$)|DOCKER|BROKER|CONTAINER|PRIVATE|REPLICATION/i.test(listenerName)
    ? 'containers'
    : 'unknown';
}
