import type { ExposedPort, Publication, Transport } from '../../network/model.ts';
import type { Node } from './node.ts';
import { itemsAt, originOf, textAt } from './node.ts';
import { parseRange } from './ports.ts';
import type { ComposeService } from './project.ts';

const transportOf = (text: string | undefined): Transport => {
  const wanted = text?.toLowerCase();
  return wanted === 'udp' || wanted === 'sctp' ? wanted : 'tcp';
};

/** One per port; ranges were taken apart in the long form. */
export function publicationsOf(service: ComposeService, namespaceId: string): readonly Publication[] {
  return itemsAt(service.node, 'ports').flatMap((port) => publicationOf(port, service, namespaceId));
}

function publicationOf(port: Node, service: ComposeService, namespaceId: string): readonly Publication[] {
  const target = textAt(port, 'target');
  const containerPort = Number(target?.value);
  if (target === undefined || !Number.isInteger(containerPort) || containerPort < 1 || containerPort > 65535) return [];
  const published = textAt(port, 'published');
  const range = published === undefined ? undefined : parseRange(published.text);
  const hostIp = textAt(port, 'host_ip')?.text;
  const isAny = range === undefined || range.start === 0;
  return [
    {
      workloadId: service.workloadId,
      namespaceId,
      ...(hostIp === undefined || hostIp === '' ? {} : { hostIp }),
      ...(isAny ? {} : { hostPort: range.start }),
      ...(isAny || range.end === range.start ? {} : { hostPortTo: range.end }),
      containerPort,
      transport: transportOf(textAt(port, 'protocol')?.text),
      mode: textAt(port, 'mode')?.text === 'host' ? 'host' : 'ingress',
      origin: originOf(port.place),
      ...(published === undefined ? {} : { hostPortOrigin: originOf(published.place) }),
      containerPortOrigin: originOf(target.place),
      knowledge: 'declared',
    },
  ];
}

/** `expose: ["80", "90-92/udp"]`. */
export function exposedOf(service: ComposeService): readonly ExposedPort[] {
  return itemsAt(service.node, 'expose').flatMap((item) => {
    if (item.kind !== 'scalar') return [];
    const [ports = '', protocol] = item.text.split('/');
    const range = parseRange(ports);
    if (range === undefined) return [];
    const origin = originOf(item.place);
    return Array.from({ length: range.end - range.start + 1 }, (_, index) => ({
      port: range.start + index,
      transport: transportOf(protocol),
      origin,
    }));
  });
}
