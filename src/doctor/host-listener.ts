/** `9090`, `0.0.0.0:9090`, `127.0.0.1:9090/tcp`, `[::1]:53/udp`: a service of the host that somebody states. */
import { parseAddress } from '../core/address.ts';
import type { Origin } from '../core/origin.ts';
import type { Listener, Transport } from '../network/model.ts';
import { HOST_NAMESPACE } from '../network/model.ts';
import type { Parsed } from './profile.ts';

const hint = 'write [ADDRESS:]PORT[/tcp|/udp], for example 9090, 127.0.0.1:9090 or [::]:8125/udp';

/** Without an address it listens on all of them, as a service does that is not told otherwise. */
export function parseHostListener(text: string, origin: Origin): Parsed<Listener> {
  const match = /^(?:\[([^\]]+)\]:|([^:[\]]+):)?(\d{1,5})(?:\/(tcp|udp))?$/i.exec(text.trim());
  if (match === null) return { ok: false, problem: `"${text}" is not a listener of the host`, hint };
  const [, v6, v4, digits = '', protocol = 'tcp'] = match;
  const address = v6 ?? (v4 === '*' ? '0.0.0.0' : v4) ?? '0.0.0.0';
  const port = Number(digits);
  if (parseAddress(address) === undefined) return { ok: false, problem: `"${address}" in "${text}" is not an IP address`, hint };
  if (port < 1 || port > 65_535) return { ok: false, problem: `port ${digits} in "${text}" is outside of 1 to 65535`, hint };
  const transport: Transport = protocol.toLowerCase() === 'udp' ? 'udp' : 'tcp';
  return { ok: true, value: { namespaceId: HOST_NAMESPACE, address, port, transport, knowledge: 'declared', origin } };
}
