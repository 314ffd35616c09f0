import { openConfig } from '../../config-file.ts';
import { dial } from '../../dial.ts';
import { readKeyValue } from '../../formats/key-value.ts';
import { IPV4_ONLY, listenAt } from '../../listen.ts';
import { imageOf, isImage } from '../../parse/image-reference.ts';
import type { Value } from '../../parse/value.ts';
import { split } from '../../parse/value.ts';
import type { AgentFacts, Program } from '../../program.ts';
import { facts, joinFacts } from '../../program.ts';

const CONFIGS = ['/etc/zabbix/zabbix_agentd.conf', '/etc/zabbix/zabbix_agent2.conf'];

/**
 * https://www.zabbix.com/documentation/current/en/manual/appendix/config/zabbix_agent2 — `ServerActive` is dialled;
 * `Server` is who may ask, an allow-list, and no link.
 */
export const zabbixAgent: Program = {
  name: 'zabbix-agent',
  matches: (workload) => isImage(imageOf(workload), ['zabbix/zabbix-agent', 'zabbix/zabbix-agent2']),
  read: (_workload, context) => {
    const opened = openConfig(context, CONFIGS, 'the Zabbix agent');
    const written = opened.config === undefined ? new Map<string, readonly Value[]>() : readKeyValue(opened.config, 'equals');
    const last = (name: string) => written.get(name)?.at(-1);
    const active = context.variable('ZBX_ACTIVESERVERS');
    const [server, port] = [context.variable('ZBX_SERVER_HOST'), context.variable('ZBX_SERVER_PORT')];
    // The image writes ZBX_SERVER_HOST into Server and, unless active checks are off, into ServerActive.
    const activeAllowed = context.variable('ZBX_ACTIVE_ALLOW')?.text !== 'false';
    for (const name of ['ZBX_PASSIVESERVERS', 'ZBX_HOSTNAME', 'ZBX_METADATA']) context.variable(name);
    return joinFacts([
      facts({ problems: opened.problems, listenersKnown: true }),
      readActive(last('ServerActive'), 'ServerActive', undefined),
      readActive(active, 'ZBX_ACTIVESERVERS', undefined),
      activeAllowed && opened.config === undefined ? readActive(server, 'ZBX_SERVER_HOST', port) : facts({}),
      context.variable('ZBX_PASSIVE_ALLOW')?.text === 'false'
        ? facts({})
        : listenAt(last('ListenIP') ?? context.variable('ZBX_LISTENIP'), last('ListenPort') ?? context.variable('ZBX_LISTENPORT'), {
            setting: 'ListenPort',
            application: 'zabbix',
            any: IPV4_ONLY,
            host: '0.0.0.0',
            port: 10_050,
            origin: { kind: 'default', text: 'default of the Zabbix agent: listens on 0.0.0.0:10050' },
          }),
    ]);
  },
};

/** A list: commas part servers, semicolons the nodes of a cluster; each `host`, `host:port`. */
function readActive(value: Value | undefined, setting: string, port: Value | undefined): AgentFacts {
  if (value === undefined) return facts({});
  return joinFacts(
    split(value, /[,;]/).map((server) =>
      dial(server, { setting, purpose: 'sends active checks to', application: 'zabbix', port: 10_051, portValue: port }),
    ),
  );
}
