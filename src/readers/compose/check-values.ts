import type { MapNode, Node, ScalarNode } from './node.ts';
import { itemsAt, mapAt, textAt } from './node.ts';
import type { Problems } from './problems.ts';
import { report } from './problems.ts';
import { parseBytes, parseDuration, splitCommand } from './values.ts';

/** Values of a service that Compose cannot use, or that contradict each other. */
export function checkValues(name: string, service: MapNode, problems: Problems): void {
  for (const key of ['interval', 'timeout', 'start_period', 'start_interval'])
    checkDuration(textAt(service, 'healthcheck', key), `services.${name}.healthcheck.${key}`, problems);
  checkDuration(textAt(service, 'stop_grace_period'), `services.${name}.stop_grace_period`, problems);
  for (const path of sizes) checkSize(textAt(service, ...path), `services.${name}.${path.join('.')}`, problems);
  for (const key of ['command', 'entrypoint']) checkCommand(textAt(service, key), `services.${name}.${key}`, problems);
  checkTest(name, service, problems);
  checkLimits(name, service, problems);
  for (const port of itemsAt(service, 'ports')) checkPort(name, port, problems);
  for (const mount of itemsAt(service, 'volumes')) {
    if (textAt(mount, 'target') === undefined && mount.kind === 'map') {
      report(problems, mount.place, {
        code: 'compose-volume',
        message: `a mount of ${name} has no target`,
        hint: 'add target: with the path in the container',
      });
    }
  }
  for (const host of itemsAt(service, 'extra_hosts')) {
    const address = textAt(host, 'address')?.text ?? '';
    if (address !== '') continue;
    const message = `services.${name}.extra_hosts: "${textAt(host, 'host')?.text}" has no address`;
    report(problems, host.place, {
      code: 'compose-extra-host',
      message,
      hint: 'write NAME:ADDRESS, for example "host.docker.internal:host-gateway"',
    });
  }
}

const sizes = [
  ['mem_limit'],
  ['mem_reservation'],
  ['memswap_limit'],
  ['shm_size'],
  ['deploy', 'resources', 'limits', 'memory'],
  ['deploy', 'resources', 'reservations', 'memory'],
];

function checkDuration(node: ScalarNode | undefined, path: string, problems: Problems): void {
  if (node === undefined || parseDuration(node.text) !== undefined) return;
  const isNumber = /^\d+$/.test(node.text);
  const message = `${path} "${node.text}" is not a duration`;
  report(problems, node.place, {
    code: 'compose-duration',
    message,
    hint: isNumber ? `add a unit: "${node.text}s"` : 'write for example "10s", "1m30s" or "500ms"',
  });
}

function checkSize(node: ScalarNode | undefined, path: string, problems: Problems): void {
  if (node === undefined || parseBytes(node.text) !== undefined) return;
  report(problems, node.place, {
    code: 'compose-size',
    message: `${path} "${node.text}" is not a size`,
    hint: 'write for example "512m" or "2g"',
  });
}

function checkCommand(node: ScalarNode | undefined, path: string, problems: Problems): void {
  if (node === undefined || splitCommand(node.text) !== undefined) return;
  const message = `${path} cannot be split into arguments: a quote stays open, or a parenthesis stands outside of quotes`;
  report(problems, node.place, { code: 'compose-command', message, hint: `write it as a list: ["sh", "-c", "…"]` });
}

function checkTest(name: string, service: MapNode, problems: Problems): void {
  const [first] = itemsAt(service, 'healthcheck', 'test');
  if (first?.kind !== 'scalar' || ['CMD', 'CMD-SHELL', 'NONE'].includes(first.text)) return;
  const message = `services.${name}.healthcheck.test begins with "${first.text}"`;
  report(problems, first.place, {
    code: 'compose-healthcheck',
    message,
    hint: 'a list begins with CMD, CMD-SHELL or NONE: ["CMD", "curl", "-f", "http://localhost"]',
  });
}

/** The old keys and `deploy` may both be there, but then they must say the same. */
function checkLimits(name: string, service: MapNode, problems: Problems): void {
  const pairs = [
    ['mem_limit', ['deploy', 'resources', 'limits'], 'memory'],
    ['cpus', ['deploy', 'resources', 'limits'], 'cpus'],
    ['pids_limit', ['deploy', 'resources', 'limits'], 'pids'],
    ['mem_reservation', ['deploy', 'resources', 'reservations'], 'memory'],
    ['scale', ['deploy'], 'replicas'],
  ] as const;
  for (const [old, path, key] of pairs) {
    const own = textAt(service, old);
    const group = mapAt(service, ...path);
    const other = textAt(group, key);
    const isAbsent = other === undefined && (group === undefined || old === 'scale');
    if (own === undefined || isAbsent || (other !== undefined && parseBytes(own.text) === parseBytes(other.text))) continue;
    const message = `services.${name}: ${old} says ${own.text}, but ${[...path, key].join('.')} says ${other === undefined ? 'nothing' : other.text}`;
    report(problems, own.place, { code: 'compose-conflict', message, hint: `remove ${old}; ${[...path, key].join('.')} is the newer key` });
  }
}

function checkPort(name: string, port: Node, problems: Problems): void {
  if (textAt(port, 'target') !== undefined) return;
  report(problems, port.place, {
    code: 'compose-port',
    message: `a port of ${name} has no target`,
    hint: 'add target: with the port in the container',
  });
}
