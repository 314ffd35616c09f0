import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SourceText } from '../../core/text.ts';
import type { ModelPart } from '../reader.ts';
import { correctedCommand, findDockerCommands, renderWithFlag, renderWithoutFlag } from './index.ts';
import { endpoints, problems, publications, readFixture, readText } from './testing.ts';

const workload = (part: ModelPart, id: string) => part.workloads.find((candidate) => candidate.id === id) ?? assert.fail(id);

test('an agent that reaches its host by host-gateway keeps the place of name, address and endpoint', () => {
  const { part } = readFixture('agent-to-host.sh');
  const agent = workload(part, 'container-1');
  assert.equal(agent.name, 'my-monitoring-agent');
  assert.deepEqual(
    agent.extraHosts.map(({ name, address }) => [name, address]),
    [['host.docker.internal', 'host-gateway']],
  );
  const [endpoint] = agent.environment;
  assert.equal(endpoint?.value, 'http://host.docker.internal:9090');
  assert.ok(endpoint.origin.kind === 'file' && endpoint.origin.exact && endpoint.origin.span.column === 78);
  assert.deepEqual(endpoints(part), ['container-1@bridge []']);
  assert.deepEqual(part.problems, []);
});

test('a container on the default bridge has an endpoint without names', () => {
  const { part } = readFixture('node-exporter-on-default-bridge.sh');
  assert.deepEqual(endpoints(part), ['node-exporter@bridge []']);
  assert.deepEqual(publications(part), ['node-exporter 9100>9100/tcp']);
  assert.equal(workload(part, 'node-exporter').image?.value, 'prom/node-exporter:v1.6.0');
});

test('on a custom bridge a container is known by its name, aliases and hostname', () => {
  const { part, commands } = readFixture('agent-on-custom-bridge.sh');
  assert.deepEqual(
    part.networks.map(({ id, driver, external }) => [id, driver, external]),
    [['agent_network', 'bridge', false]],
  );
  assert.deepEqual(endpoints(part), ['agent-1@agent_network [agent-1 agent edge-1]', 'server@agent_network [server]']);
  assert.deepEqual(publications(part), ['server 8081>8080/tcp']);
  assert.deepEqual(
    commands.map(({ kind, workloadId, networkId }) => [kind, workloadId ?? networkId]),
    [
      ['network-create', 'agent_network'],
      ['run', 'agent-1'],
      ['run', 'server'],
    ],
  );
});

test('facts that travel through variables, arrays and substitutions are known, and say how they came', () => {
  const { part } = readFixture('deploy-script-with-variables.sh');
  assert.deepEqual(problems(part), []);
  assert.deepEqual(
    part.workloads.map(({ id, state }) => `${id} ${state}`),
    ['prometheus running', 'agent-1 running', 'agent-2 running'],
  );
  const prometheus = workload(part, 'prometheus');
  assert.equal(prometheus.image?.value, 'prom/prometheus:v2.53.0');
  assert.deepEqual(
    prometheus.environment.map(({ name, value }) => `${name}=${value}`),
    ['TOKEN=secret', 'REGION=eu-central'],
  );
  assert.match(prometheus.mounts[0]?.source ?? '', /testdata\/prometheus\.yml$/);
  assert.equal(prometheus.mounts[0]?.kind, 'bind');
  assert.deepEqual(publications(part), ['prometheus 9090>9090/tcp']);
  assert.deepEqual(endpoints(part), ['prometheus@monitoring [prometheus]', 'agent-1@monitoring [agent-1]', 'agent-2@monitoring [agent-2]']);
  const network = prometheus.networkMode?.origin;
  assert.deepEqual(network?.kind === 'file' && network.via.map(({ text, line }) => `${text} ${line}`), ['$NET 4', '${COMMON[@]} 8']);
});

test('the environment decides over a default', () => {
  assert.deepEqual(publications(readFixture('deploy-script-with-variables.sh', { PORT: '19090' }).part), ['prometheus 19090>9090/tcp']);
});

test('what only a running shell knows is named, and nothing is made up', () => {
  const { part } = readFixture('unknown-variables.sh');
  assert.deepEqual(publications(part), ['api 8080>80/tcp']);
  assert.deepEqual(problems(part), [
    '1:30 gap the host port of `-p ${WEB_PORT}:80` is not known: ${WEB_PORT} is not set in this file',
    '1:55 gap the network of a container is not known: ${NETWORK} is not set in this file',
    '2:26 gap ${EXTRA_FLAGS} may hold flags that are not known',
    '2:51 gap the image is not known: ${REGISTRY}, ${TAG} are not set in this file',
  ]);
});

test('a later command changes what an earlier one made', () => {
  const { part } = readFixture('order-of-commands.sh');
  assert.deepEqual(endpoints(part), ['web@back [web website] 10.1.0.5', 'db@back [db]', 'old@front [old]']);
  assert.deepEqual(
    part.workloads.map(({ id, state, image }) => `${id} ${state} ${image?.value}`),
    ['web running nginx', 'db stopped postgres', 'old running redis:7'],
  );
});

test('every form of -p is taken apart into ports', () => {
  const { part } = readFixture('every-form-of-publishing.sh');

  assert.deepEqual(publications(part), [
    'one-port ?>80/tcp',
    'udp 8080>80/udp',
    'addresses 127.0.0.1 8081>80/tcp',
    'addresses ::1 8081>80/tcp',
    'ranges 9000>80/tcp',
    'ranges 9001>81/tcp',
    'choice 9100-9110>90/tcp',
    'joined 8082>80/tcp',
    'joined 8083>80/sctp',
    'long 8084>80/tcp',
    'engine-picks 127.0.0.1 ?>80/tcp',
    'engine-picks ?>81/tcp',
  ]);
  assert.deepEqual(part.problems, []);
});

test('a shared namespace is the owner’s, over several steps', () => {
  const { part } = readFixture('shared-namespaces.sh');
  assert.deepEqual(
    part.workloads.map(({ id, namespaceId }) => `${id} ${namespaceId}`),
    ['owner owner', 'sidecar owner', 'third owner', 'on-host host', 'alone alone'],
  );
  assert.deepEqual(
    part.namespaces.map(({ id, kind }) => `${id} ${kind}`),
    ['owner container', 'host host', 'alone none'],
  );
  assert.deepEqual(publications(part), ['owner 8080>80/tcp', 'on-host 80>80/tcp']);
});

test('who shared the network of a container that was restarted keeps a dead one', () => {
  const { part } = readFixture('owner-restarted.sh');
  assert.deepEqual(problems(part), []);
  assert.deepEqual(
    part.workloads.map(({ id, namespaceId }) => `${id} ${namespaceId}`),
    ['owner owner', 'sidecar sidecar', 'second sidecar', 'third sidecar', 'later owner', 'again owner', 'gone gone'],
  );
  assert.deepEqual(
    part.namespaces.map(({ id, kind }) => `${id} ${kind}`),
    ['owner container', 'sidecar none', 'gone none'],
  );
  const origin = workload(part, 'third').networkMode?.origin;
  assert.equal(origin?.kind === 'file' && origin.via.at(-1)?.text, undefined);
  const left = workload(part, 'second').networkMode?.origin;
  assert.deepEqual(left?.kind === 'file' && left.via.map(({ text, line }) => `${line} ${text}`), ['6 docker restart owner']);
});

test('a restart that may not happen, and a removal on a page, leave a shared namespace alive', () => {
  const lines = ['docker run -d --name a nginx', 'docker run -d --name b --network container:a nginx'];
  const shared = (text: string, kind: 'shell' | 'markdown') => workload(readText(text, kind).part, 'b').namespaceId;
  assert.equal(shared([...lines, 'if x; then docker restart a; fi'].join('\n'), 'shell'), 'a');
  assert.equal(shared(['```sh', ...lines, 'docker rm -f a', '```'].join('\n'), 'markdown'), 'a');
});

test('in a block with prompts a docker command without one is read, and output is not', () => {
  const page = [
    '```console',
    '$ docker network create x',
    '3f2a',
    '',
    'docker run -d --name web \\',
    '  --network x nginx',
    'docker is up',
    '```',
  ];
  const { part } = readText(page.join('\n'), 'markdown');
  assert.deepEqual(endpoints(part), ['web@x [web]']);
  assert.deepEqual(problems(part), []);
});

test('a page that shows how a command begins is no error', () => {
  const severities = (text: string, kind: 'shell' | 'markdown') => readText(text, kind).part.problems.map(({ severity }) => severity);
  assert.deepEqual(severities('```sh\ndocker network create\n```', 'markdown'), ['warning']);
  assert.deepEqual(severities('docker network create', 'shell'), ['error']);
});

test('docker pause holds until docker unpause', () => {
  const states = (text: string) => readText(`docker run -d --name web nginx\n${text}`).part.workloads.map(({ state }) => state);
  assert.deepEqual(states('docker pause web'), ['paused']);
  assert.deepEqual(states('docker pause web\ndocker unpause web'), ['running']);
  assert.deepEqual(states('if x; then docker pause web; fi'), ['running']);
});

test('the id that docker run prints stands for its container', () => {
  const { part } = readFixture('id-in-a-variable.sh');
  assert.deepEqual(endpoints(part), ['container-1@back [api]', 'worker@back [worker]']);
  assert.deepEqual(
    part.workloads.map(({ id, namespaceId, state }) => `${id} ${namespaceId} ${state}`),
    ['container-1 container-1 running', 'sidecar container-1 running', 'worker worker paused'],
  );
  assert.deepEqual(problems(part), []);
});

test('a network that a script may have made under another name is a gap, and no warning', () => {
  const severity = (text: string) =>
    readText(text)
      .part.problems.filter(({ code }) => code === 'docker-network-unknown')
      .map(({ severity }) => severity);
  assert.deepEqual(severity('docker run --net lab nginx'), ['warning']);
  assert.deepEqual(severity('mk() { n=lab; [ -n "$1" ] && n=$1; docker network create $n; }\nmk\ndocker run --net lab nginx'), ['gap']);
  assert.deepEqual(severity('docker run --net lab nginx\ndocker network create "$1"'), ['gap']);
  assert.deepEqual(severity('docker run --net shop_default nginx'), ['gap']);
});

test('combinations that the engine refuses are named with their place', () => {
  assert.deepEqual(problems(readFixture('refused-conflicts.sh').part), [
    '4:54 error -p cannot be used with --network container:owner; the engine refuses both together',
    '4:71 error --hostname cannot be used with --network container:owner; the engine refuses both together',
    '5:50 error a container cannot be on "host" and on "fixed" at once',
    '6:30 error the address 172.17.0.9 can be chosen on user-defined networks only; version 20.10 ignores it, later ones refuse it',
    '7:45 error the address 172.18.0.9 can be chosen only on a network whose subnet was chosen; "auto" has none',
    '8:46 error the address 10.8.0.9 does not belong to 10.9.0.0/24, the subnet of "fixed"',
    '10:46 error the address 10.9.0.9 on "fixed" is taken by "a6"',
    '11:46 error the address 10.9.0.1 is the gateway of "fixed"',
    '12:22 error the container name "owner" is already in use by the one on line 3',
    '13:35 warning the network "nowhere" is not created in this input',
    '14:41 error --network-alias "web" has no effect outside of a user-defined network; docker refuses it',
  ]);
});

test('a page is read block by block; repetitions are other ways, and its clean-up ends nothing', () => {
  const { part } = readFixture('page-with-alternatives.md');
  assert.deepEqual(
    part.workloads.map(({ id, origin }) => `${id} ${origin.kind === 'file' ? origin.span.line : ''}`),
    ['web 6', 'db 14', 'shown-by-root 17', 'cache 22', 'quoted 29'],
  );
  assert.deepEqual(
    part.networks.map(({ id }) => id),
    ['bridge', 'app'],
  );
  assert.deepEqual(problems(part), [
    '6:18 gap the host port of `-p <port>:80` is not known: <port> is to be filled in',
    '39:22 gap this is another way to run "web"; only the one on line 6 is looked at',
  ]);
});

test('an env file is read as raw lines, and flags win over it', () => {
  const { part } = readFixture('env-file.sh');
  const found = workload(part, 'container-1').environment.map(
    ({ name, value, origin }) => `${name}=${value} ${origin.kind === 'file' ? origin.span.line : ''}`,
  );
  assert.deepEqual(found, [
    'SERVER_URL=http://server:8080 2',
    'QUOTED="kept as it is" 3',
    'PASSED_ON=here 6',
    'INDENTED=again 2',
    'NOT_EXPORTED=undefined 2',
  ]);
  assert.deepEqual(problems(part), ['7:1 error docker refuses this line of an env file: the name "SPACED NAME" holds a space']);
});

test('a text is searched for commands that make something', () => {
  for (const text of [
    'docker run x',
    'x && sudo docker  container\\\n  create y',
    'docker -H tcp://h:1 network create n',
    '$ docker --context=a run x',
  ])
    assert.ok(findDockerCommands(text), text);
  for (const text of ['docker ps', 'docker compose run x', 'dockerrun', 'docker-run x', 'a docker', ''])
    assert.ok(!findDockerCommands(text), text);
});

test('a flag is put before the image, in the layout that the command has', () => {
  const cases = [
    ['docker run -d img cmd', 'docker run -d -p 8080:80 img cmd'],
    ['docker run -d \\\n  img cmd', 'docker run -d \\\n  -p 8080:80 \\\n  img cmd'],
    ['docker run -d \\\r\n\timg', 'docker run -d \\\r\n\t-p 8080:80 \\\r\n\timg'],
    ['docker network create net', 'docker network create -p 8080:80 net'],
  ] as const;
  for (const [text, expected] of cases) {
    const command = readText(text).commands[0] ?? assert.fail(text);
    const source = new SourceText('script.sh', text);
    assert.equal(correctedCommand(source, command, [renderWithFlag(command, source, '-p', '8080:80')]), expected);
  }
});

test('a flag is taken out with its value, unless its word holds other things', () => {
  const cases = [
    ['docker run -p 80:80 -d img', 'docker run -d img'],
    ['docker run -d --publish=80:80 \\\n  img', 'docker run -d img'],
    ['docker run -dp 80:80 img', undefined],
    ['P="-p 80:80"; docker run $P img', undefined],
  ] as const;
  for (const [text, expected] of cases) {
    const command = readText(text).commands[0] ?? assert.fail(text);
    const source = new SourceText('script.sh', text);
    const flag = command.flags.find(({ name }) => name === 'publish') ?? assert.fail(text);
    const edit = renderWithoutFlag(command, source, flag);
    assert.equal(edit === undefined ? undefined : correctedCommand(source, command, [edit]), expected);
  }
});
