import { parseAddress } from '../../core/address.ts';
import type { MapNode, Place, ScalarNode } from './node.ts';
import { mapNode, numberNode, subPlace, textNode } from './node.ts';
import type { Remark } from './problems.ts';

/** One or more published ports in the long form, or why there are none. */
export type PortResult =
  | { readonly ok: true; readonly ports: readonly MapNode[] }
  | { readonly ok: false; readonly remark: Remark; readonly place: Place };

interface Part {
  readonly text: string;
  readonly from: number;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** `[IP:][HOST[-HOST]:]CONTAINER[-CONTAINER][/PROTOCOL]`; IPv6 addresses stand in brackets. */
export function parsePort(node: ScalarNode, portsLeft = 65_536): PortResult {
  const { text, place } = node;
  const fail = (message: string, hint: string, part?: Part): PortResult => ({
    ok: false,
    remark: { code: 'compose-port', message: `"${text}": ${message}`, hint },
    place: part === undefined ? place : subPlace(place, part.from, part.from + part.text.length),
  });
  const slash = text.lastIndexOf('/');
  const protocol: Part = slash === -1 ? { text: 'tcp', from: text.length } : { text: text.slice(slash + 1), from: slash + 1 };
  const wanted = protocol.text.toLowerCase();
  if (!['tcp', 'udp', 'sctp'].includes(wanted))
    return fail(`"${protocol.text}" is no protocol`, 'the protocol is tcp, udp or sctp: "53:53/udp"', protocol);
  const parts = splitPort(slash === -1 ? text : text.slice(0, slash));
  if (parts === undefined)
    return fail('this is no port mapping', 'write [IP:]HOST:CONTAINER, for example "9090:80" or "127.0.0.1:9090:80"');
  const { ip, host, container } = parts;
  if (container.text === '') return fail('the port of the container is missing', 'write HOST:CONTAINER, for example "9090:80"');
  const target = parseRange(container.text);
  if (target === undefined)
    return fail(`"${container.text}" is no port of a container`, 'ports are numbers from 1 to 65535, or START-END', container);
  if (target.end - target.start >= portsLeft)
    return fail('the project publishes more than 65536 ports', 'publish fewer ports, or use network_mode: host');
  const published = host.text === '' ? undefined : parseRange(host.text);
  if (host.text !== '' && published === undefined)
    return fail(`"${host.text}" is no port of the host`, 'ports are numbers from 1 to 65535, or START-END', host);
  const address = ip.text.startsWith('[') && ip.text.endsWith(']') ? ip.text.slice(1, -1) : ip.text;
  if (address !== '' && parseAddress(address) === undefined)
    return fail(`"${ip.text}" is no IP address`, 'write an address of the host (IPv6 in brackets), or leave it out for all addresses', ip);
  const count = target.end - target.start;
  if (published !== undefined && published.end - published.start !== count && count !== 0) {
    return fail(`the ranges ${host.text} and ${container.text} are not equally long`, 'give both ranges the same number of ports');
  }
  return { ok: true, ports: longForms(node, { address, ip, host, container, protocol: { ...protocol, text: wanted } }, target, published) };
}

interface Written {
  readonly address: string;
  readonly ip: Part;
  readonly host: Part;
  readonly container: Part;
  readonly protocol: Part;
}

function longForms(node: ScalarNode, written: Written, target: Range, published: Range | undefined): readonly MapNode[] {
  const { ip, host, container, protocol } = written;
  const placeOf = (part: Part): Place => subPlace(node.place, part.from, part.from + part.text.length);
  const ports: MapNode[] = [];
  const exact = target.start === target.end;
  const shared = {
    mode: textNode('ingress', { ...node.place, exact: false }),
    host_ip: written.address === '' ? undefined : textNode(written.address, placeOf(ip)),
    protocol: textNode(protocol.text, { ...node.place, exact: false }),
  };
  const containerPlace = { ...placeOf(container), exact: exact && node.place.exact };
  const hostPlace = placeOf(host);
  for (let port = target.start; port <= target.end; port += 1) {
    const free = published !== undefined && target.start === target.end && published.start !== published.end;
    const hostText =
      published === undefined ? undefined : free ? `${published.start}-${published.end}` : String(published.start + port - target.start);
    ports.push(
      mapNode(
        {
          ...shared,
          target: numberNode(port, containerPlace),
          published:
            hostText === undefined ? undefined : textNode(hostText, host.text === hostText ? hostPlace : { ...hostPlace, exact: false }),
        },
        node.place,
      ),
    );
  }
  return ports;
}

/** The three parts, from the right; undefined when there are too many. */
function splitPort(text: string): { readonly ip: Part; readonly host: Part; readonly container: Part } | undefined {
  const last = text.lastIndexOf(':');
  const container = { text: text.slice(last + 1), from: last + 1 };
  const rest = last === -1 ? '' : text.slice(0, last);
  const bracket = rest.lastIndexOf(']');
  const middle = rest.lastIndexOf(':');
  const split = middle > bracket ? middle : -1;
  // `[::1]:80` has an address and no host port only with an empty part: `[::1]::80`.
  const host = { text: rest.slice(split + 1), from: split + 1 };
  const ip = { text: split === -1 ? '' : rest.slice(0, split), from: 0 };
  return host.text.startsWith('[') ? undefined : { ip, host, container };
}

export function parseRange(text: string): Range | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const start = Number(match[1]);
  const end = match[2] === undefined ? start : Number(match[2]);
  return end <= 65535 && start <= end ? { start, end } : undefined;
}
