import type { Container, EngineState } from './engine-state.ts';
import type { Remarks } from './remarks.ts';
import type { Text } from './word.ts';

/** What `--network container:x` excludes, as the engine refuses it (daemon/internal/runconfig), and what is lost with `none` and `host`. */
export function checkNamespace(container: Container, state: EngineState, remarks: Remarks): void {
  const mode = container.mode;
  if (mode?.value.startsWith('container:') !== true) return;
  const name = mode.slice('container:'.length);
  const owner = container.joined?.owner ?? state.refer(name);
  if (name.value === '')
    remarks.error('docker-invalid-network', '--network container: names no container', 'write container:NAME', mode.origin);
  else if (!name.known && owner === undefined) remarks.unknown(name, 'the container whose network is shared');
  else if (owner === undefined)
    remarks.gap(
      'docker-container-unknown',
      `the container "${name.value}", whose network is shared, is not made in this input`,
      'check its docker run command as well, or correct the name',
      name.origin,
    );
  else if (owner === container)
    remarks.error('docker-conflicting-options', `"${container.id}" cannot share its own network`, 'name another container', mode.origin);
  const { spec } = container;
  const [port] = spec.ports;
  const [exposed] = spec.exposed;
  const [server] = [...spec.dns.servers, ...spec.dns.search, ...spec.dns.options];
  const [host] = spec.extraHosts;
  const [link] = spec.links;
  const refused: readonly (readonly [
    string,
    { readonly origin: Text['origin'] } | { readonly origin: Container['origin'] } | undefined,
    string,
  ])[] = [
    ['-p', port?.text ?? spec.publishAll, `publish the port on "${name.value}", the owner of the network`],
    ['--hostname', spec.hostname, `set it on "${name.value}"`],
    ['--expose', exposed === undefined ? undefined : { origin: fileOrigin(exposed.origin, container) }, `set it on "${name.value}"`],
    ['--dns', server === undefined ? undefined : { origin: fileOrigin(server.origin, container) }, `set it on "${name.value}"`],
    ['--add-host', host === undefined ? undefined : { origin: fileOrigin(host.origin, container) }, `set it on "${name.value}"`],
    ['--link', link?.text, 'the containers share one network: they talk over localhost'],
    ['--mac-address', spec.attachments[0]?.mac, `set it on "${name.value}"`],
  ];
  for (const [flag, at, hint] of refused)
    if (at !== undefined)
      remarks.error(
        'docker-conflicting-options',
        `${flag} cannot be used with --network ${mode.value}; the engine refuses both together`,
        hint,
        at.origin,
      );
}

/** The engine looks the target of a link up when it makes the container, and refuses one that is not there. */
export function checkLinks(container: Container, state: EngineState, remarks: Remarks): void {
  for (const { target, text } of container.spec.links) {
    if (container.mode?.value === 'host')
      remarks.error(
        'docker-conflicting-options',
        '--link cannot be used with --network host; the engine refuses both together',
        'dial the address of the container, or a port that it publishes',
        text.origin,
      );
    else if (text.known && state.find(target) === undefined)
      remarks.gap(
        'docker-container-unknown',
        `the container "${target}", which is linked to, is not made in this input`,
        'check its docker run command as well, or correct the name',
        text.origin,
      );
  }
}

function fileOrigin(origin: { readonly kind: string }, container: Container): Container['origin'] {
  return isFileOrigin(origin) ? origin : container.origin;
}

function isFileOrigin(origin: { readonly kind: string }): origin is Container['origin'] {
  return origin.kind === 'file';
}
