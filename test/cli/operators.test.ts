import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/observe/log.ts';
import { serverSettings } from '../../src/server/settings.ts';
import { startServer } from '../../src/server/start.ts';
import { fairlead, folderWith } from './fairlead.ts';
import { openOffice } from './operators.ts';

const program = join(import.meta.dirname, '../../src/cli.ts');

test('agents: the table, one agent, labels, rules of silence, and JSON of each', async () => {
  await using office = await openOffice();
  const { desk, run } = office;
  const empty = await run('agents');
  assert.deepEqual([empty.code, empty.stdout], [0, 'no agents; fairlead tokens create makes a token for one to join with\n']);
  const uid = await desk.agent('edge-1', { env: 'prod' });
  desk.fleet.report(uid, { health: [{ path: 'pipeline/kafka', healthy: false, status: '', lastError: 'no\u001b[2Jbroker', sinceMs: 0 }] });
  await desk.agent('edge-2', { env: 'test' });
  const { stdout, code } = await run('agents');
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^NAME {4}STATE {2,}HEARD {2}HEALTH {2,}CONFIG {2}LABELS\nedge-1 {2}online {2,}\d+ s {2}\w+ {2,}– {7}env=prod\nedge-2 .*env=test\n2 online\n$/,
  );
  const prod = await run('agents list --selector env=prod --json');
  assert.deepEqual(
    JSON.parse(prod.stdout).map(({ name }: { name: string }) => name),
    ['edge-1'],
  );
  assert.match((await run('agents --state offline')).stdout, /^no agent fits/);
  const shown = await run('agents show edge-1');
  assert.match(shown.stdout, new RegExp(`^edge-1 {2}${uid}\\n {2}state +online for \\d+ s`));
  assert.match(shown.stdout, /judged +heartbeat 30s, offline after 1m30s, expired after 1d\n/);
  assert.doesNotMatch(shown.stdout, /\u001b/);
  assert.match((await run('agents label edge-1 tier=1 env=x')).stdout, /^labels of edge-1: env=prod,tier=1\n$/);
  assert.match((await run('agents label edge-1 tier-')).stdout, /^labels of edge-1: env=prod\n$/);
  assert.match(
    (await run('agents liveness edge-1 --fail-threshold 5')).stdout,
    /^edge-1 has rules of its own now: heartbeat 30s, offline after 2m45s/,
  );
  assert.match((await run('agents liveness edge-1')).stdout, /^edge-1 is judged as its group is/);
  assert.equal((await run('agents outages edge-1')).stdout, 'no outages on record\n');
  assert.match((await run('agents revoke edge-2 --reason lost')).stdout, /certificates of edge-2 are revoked/);
  assert.match((await run('agents remove edge-2')).stdout, /edge-2 is forgotten/);
  const gone = await run('agents show edge-2');
  assert.deepEqual([gone.code, gone.stderr], [2, 'fairlead: there is no agent "edge-2"\n  fairlead agents lists them\n']);
});

test('config: from the first version to quarantine, with places of what is wrong as they were typed', async () => {
  await using office = await openOffice({ 'conf/agent.yaml': 'a: 1\n', 'conf/bad.yaml': 'a: 1\nb: [1\n', 'next.yaml': 'a: 2\n' });
  const { desk, run } = office;
  await desk.agent('edge-1', { env: 'prod' });
  assert.match((await run('config')).stdout, /^no configurations; /);
  assert.match((await run(['config', 'put', 'edge', 'conf/agent.yaml', '--note', 'the first'])).stdout, /^edge@1 is stored and released/);
  assert.match((await run('config put edge conf/agent.yaml')).stdout, /^edge@1 has this content already/);
  const bad = await run('config put edge conf/bad.yaml');
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /^fairlead: the content of edge is not valid.*\n {2}conf\/bad\.yaml:3:1 not YAML: .*\n {4}check indentation/);
  const thought = await run('config assign edge --selector env=prod --dry-run');
  assert.match(
    thought.stdout,
    /^AGENT .*\nedge-1 {2}– {5}edge@1 {2}at once .*\n1 agent would change, 0 agents stay as they are; nothing was stored\n\n--- \/dev\/null\n/,
  );
  assert.equal((await run('config dry-run assign edge --selector env=prod')).stdout, thought.stdout);
  assert.equal((await run('config assignments')).stdout, 'no assignments; fairlead config assign NAME --selector SELECTOR makes one\n');
  assert.match(
    (await run('config assign edge --selector env=prod --priority 10')).stdout,
    /agents with env=prod run edge@latest \(priority 10\)/,
  );
  assert.match((await run('config assignments')).stdout, /\nedge +10 {2}edge@latest +env=prod +test admin\n$/);
  assert.match((await run('config explain edge-1')).stdout, /^edge-1 should run edge@1\n[\s\S]*wins/);
  assert.match(
    (await run('config put edge next.yaml --hold --expected 1')).stdout,
    /^edge@2 is stored and held back: fairlead rollout start edge --to 2/,
  );
  assert.match((await run('config versions edge')).stdout, / 2 {2}– .*\n +1 {2}released .* the first\n$/);
  assert.match((await run('config diff edge')).stdout, /^--- edge@1\/agent\.yaml\n[\s\S]*-a: 1\n/);
  assert.match((await run('config diff edge@1 @2')).stdout, /\+a: 2/);
  assert.match(
    (await run('config show edge@1')).stdout,
    /^# edge@1, stored .* by test admin: the first\n# hash [0-9a-f]{64}\n# file agent\.yaml \(text\/yaml\)\na: 1\n$/,
  );
  assert.match((await run('config release edge@2 --dry-run')).stdout, /edge-1 {2}edge@1 {2}edge@2/);
  assert.match((await run('config release edge@2')).stdout, /^edge@2 is released/);
  assert.equal((await run('config quarantine')).stdout, 'nothing is in quarantine\n');
  assert.equal((await run('config delete edge')).code, 2);
  assert.match((await run('config unassign edge')).stdout, /assignment edge is deleted/);
  assert.match((await run('config delete edge')).stdout, /edge is deleted/);
  assert.match((await run('config put edge - --kind otel', { input: 'b: 1\n' })).stdout, /^edge@1 is stored/);
});

test('config: what is missing or wrong on the command line is said before anything is asked', async () => {
  await using office = await openOffice({ 'a.yaml': 'a: 1\n' });
  const cases: readonly (readonly [string, RegExp])[] = [
    ['config put edge', /config put needs FILE…\n {2}write fairlead config put NAME FILE…/],
    ['config put edge nowhere.yaml', /nowhere\.yaml: no such file/],
    ['config assign edge', /needs --selector SELECTOR/],
    ['config assign edge --selector a=b --all', /exclude each other/],
    ['config assign edge@x --all', /"x" is no version/],
    ['config release edge', /a version is needed/],
    ['config put edge a.yaml --selector x=y', /config put takes no --selector\n {2}it takes --note, --kind, --expected, --hold, --dry-run/],
    ['config dry-run burn edge', /config dry-run knows no "burn"/],
    ['config asign edge', /config has no "asign"\n {2}did you mean "assign"\?/],
    ['config assign edge --all --priority high', /--priority: "high" is no whole number/],
    ['rollout start edge --stages 10%,100%', /needs --to VERSION/],
    ['rollout start edge --to 2', /needs --stages STAGES/],
    ['rollout start edge --to 2 --stages 10%,half', /"half" is no stage/],
    ['services maintenance k1 maybe', /"maybe" is neither on nor off/],
    ['agents label edge-1 env', /"env" is no label\n {2}write KEY=VALUE to set one, KEY- to take one away/],
    ['tokens create --uses many', /--uses: "many" is no whole number/],
  ];
  for (const [line, said] of cases) {
    const { code, stderr, stdout } = await office.run(line);
    assert.deepEqual([code, stdout], [2, ''], line);
    assert.match(stderr, said, line);
  }
  assert.deepEqual(await office.desk.audited(), []);
});

test('rollout: who would be in which stage, progress line by line, and the exit code says how it ended', async () => {
  await using office = await openOffice({ 'one.yaml': 'a: 1\n', 'two.yaml': 'a: 2\n' });
  const { desk, run } = office;
  const uid = await desk.agent('edge-1', { env: 'canary' });
  await desk.agent('edge-2');
  await run('config put edge one.yaml');
  await run('config assign edge --all');
  await run('config put edge two.yaml --hold');
  assert.match((await run('rollout')).stdout, /^no rollouts; /);
  const thought = await run('rollout start edge --to 2 --stages canary=env=canary,100% --dry-run');
  assert.match(thought.stdout, /\nedge-1 {2}edge@1 {2}edge@2 +1 {2}in its stage[\s\S]*\nedge-2 {2}edge@1 {2}edge@2 +2 {2}in its stage/);
  const started = await run('rollout start edge --to 2 --stages canary=env=canary,100% --min-healthy 1m --max-failed 1');
  assert.match(
    started.stdout,
    /^rollout 1: edge 1 → 2, running, in this stage for \d+ s\n {2}▸ 1 canary env=canary {2}0 of 1 passed, 1 pending\n {4}2 all\n/,
  );
  assert.match((await run('rollout')).stdout, /\n 1 {2}edge +1 → 2 +running +1\/2 canary env=canary/);
  assert.match((await run('rollout pause edge')).stdout, /^rollout 1: edge 1 → 2, paused/);
  assert.match((await run('rollout resume 1')).stdout, /running/);
  const watching = run('rollout watch edge');
  desk.fleet.report(uid, { config: { hash: 'x', status: 'applying', error: '' } });
  assert.match((await run('rollout promote 1')).stdout, /√ 1 canary env=canary\n {2}▸ 2 all/);
  assert.match((await run(['rollout', 'abort', '1', '--reason', 'wrong topic'])).stdout, /^rollout 1: edge 1 → 2, aborted, ended /);
  const watched = await watching;
  assert.equal(watched.code, 1);
  assert.match(watched.stdout, /^(\d\d:\d\d:\d\d (running|aborted), stage .*\n)+$/);
  assert.match(watched.stdout, /aborted, stage 2\/2 all; wrong topic\n$/);
  assert.match((await run('rollout show edge')).stdout, /test admin: aborted\n$/);
  assert.equal(JSON.parse((await run('rollout list --json')).stdout)[0].state, 'aborted');
  const never = await run('rollout show nothing');
  assert.deepEqual([never.code, never.stderr.split('\n')[0]], [2, 'fairlead: no configuration "nothing" has a rollout']);
});

test('services: registered, shown with what is wrong, in maintenance, deregistered', async () => {
  await using office = await openOffice();
  const { run } = office;
  assert.equal((await run('services')).stdout, 'no services\n');
  await run('services register kafka --id k1 --address 2001:db8::7 --port 9092 --tag eu --meta rack=1');
  await run('services register kafka --id k2 --port 9093 --ttl 10s');
  assert.match(
    (await run('services')).stdout,
    /^NAME {3}PASSING {2}WARNING {2}CRITICAL {2}MAINTENANCE {2}TAGS\nkafka {8}1 {8}– {9}1 {12}– {2}eu\n$/,
  );
  const shown = await run('services show kafka');
  assert.match(shown.stdout, /\nk1 {2}passing {3}\[2001:db8::7\]:9092 +control-1 {2}eu {4}rack=1\nk2 {2}critical/);
  assert.match(shown.stdout, /not passing:\n {2}k2: Service 'kafka' check is critical/);
  assert.match((await run(['services', 'maintenance', 'k1', 'on', '--reason', 'new disk'])).stdout, /maintenance[\s\S]*new disk/);
  assert.match((await run('services deregister k1')).stdout, /k1 is deregistered/);
  assert.equal((await run('services deregister k1')).code, 2);
  assert.equal((await run('services show kafka --json')).stdout.match(/"id": "k/g)?.length, 1);
});

test('tokens: made, listed, taken back; secrets go into files that nobody else can read, or nowhere', async () => {
  await using office = await openOffice();
  const { run, folder } = office;
  const made = await run(['tokens', 'create', '--uses', '3', '--label', 'site=edge', '--note', 'for the lab', '--out', 'join.token']);
  assert.match(made.stdout, /^token {11}written to join\.token\nca fingerprint {2}sha256:[0-9a-f]{64}\nvalid {11}for 60 min, 3 uses\n/);
  const secret = readFileSync(join(folder.path, 'join.token'), 'utf8').trim();
  assert.ok(!made.stdout.includes(secret) && secret.length > 20);
  assert.equal(statSync(join(folder.path, 'join.token')).mode & 0o777, 0o600);
  const again = await run('tokens create --out join.token');
  assert.match(again.stderr, /join\.token cannot be written/);
  const listed = await run('tokens list --json');
  assert.equal(JSON.parse(listed.stdout).length, 1, 'a token whose file cannot be written is never made');
  assert.match((await run('tokens')).stdout, /3\/3 {2}for 60 min {2}– +test admin {2}site=edge {2}for the lab\n$/);
  const [{ id }] = JSON.parse(listed.stdout);
  assert.match((await run(`tokens revoke ${id}`)).stdout, /is revoked/);
  assert.match((await run('tokens')).stdout, /revoked/);
  assert.equal((await run('tokens pending')).stdout, 'nobody waits\n');
  assert.match((await run('tokens authority')).stdout, /^STATE .*\nactive /);

  assert.match((await run('tokens api-create grafana --role reader')).stderr, /needs --out FILE/);
  assert.match(
    (await run('tokens api-create grafana --role reader --out grafana.json')).stdout,
    /^context for grafana \(reader\) written to grafana\.json\n$/,
  );
  const refused = await run('tokens api-create x --role king --out x.json');
  assert.match(refused.stderr, /role: "king" is not one of agent, reader, operator, admin/);
  assert.throws(() => statSync(join(folder.path, 'x.json')), 'what the server refused leaves no file');
  const asReader = await run('agents --context grafana.json');
  assert.equal(asReader.code, 0);
  const forbidden = await run('tokens --context grafana.json');
  assert.deepEqual(
    [forbidden.code, forbidden.stderr.split('\n')[0]],
    [2, 'fairlead: this needs the role operator; the token "grafana" has reader'],
  );
  assert.match((await run('tokens api-list')).stdout, /grafana +reader +test admin +never/);
  const audit = await run('tokens audit --since 1h');
  assert.match(audit.stdout, /token\.create .*\n[\s\S]*api-token\.create +done +127\.0\.0\.1 {2}[0-9a-f]{16} grafana reader\n/);
  assert.ok(!audit.stdout.includes(secret));
  assert.equal((await run('tokens audit --since yesterday')).code, 2);
});

test('a context that is missing, wrong or readable by others is one sentence with what to do', async () => {
  using folder = folderWith({
    'empty.json': '{}',
    'broken.json': '{"api": ',
    'odd.json': '{"api": "ftp://x", "token": "t"}',
    'open.json': '{"api": "http://127.0.0.1:1", "token": "t"}',
  });
  for (const name of ['empty', 'broken', 'odd']) chmodSync(join(folder.path, `${name}.json`), 0o600);
  chmodSync(join(folder.path, 'open.json'), 0o644);
  const run = (context: string | undefined) =>
    fairlead(['agents', ...(context === undefined ? [] : ['--context', context])], {
      cwd: folder.path,
      env: { HOME: folder.path, FAIRLEAD_CONTEXT: '' },
    });
  const cases: readonly (readonly [string | undefined, RegExp])[] = [
    [undefined, /^fairlead: no server is known: neither .*context\.json nor .*context\.json exists\n {2}start one with fairlead up/],
    ['nowhere.json', /^fairlead: no server is known: nowhere\.json: ENOENT/],
    ['open.json', /open\.json: others may read it; chmod 600 it/],
    ['empty.json', /^fairlead: empty\.json:1:1 api is missing/],
    ['broken.json', /^fairlead: broken\.json:1:\d+ /],
    ['odd.json', /^fairlead: odd\.json:1:9 api: "ftp:\/\/x"/],
  ];
  for (const [context, said] of cases) {
    const { code, stderr } = await run(context);
    assert.equal(code, 2, context);
    assert.match(stderr, said);
  }
});

test('a server that is not there, and one that is no Fairlead server, are exit code 3', async () => {
  const other = createServer((_request, response) => void response.end('<html>hello</html>'));
  await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
  try {
    // A server that listens on TCP has such an address.
    const { port } = other.address() as AddressInfo;
    using folder = folderWith({});
    const ask = async (api: string) => {
      writeFileSync(join(folder.path, 'c.json'), JSON.stringify({ api, token: 't' }), { mode: 0o600 });
      return fairlead(['agents'], { cwd: folder.path, env: { HOME: folder.path, FAIRLEAD_CONTEXT: join(folder.path, 'c.json') } });
    };
    const html = await ask(`http://127.0.0.1:${port}`);
    assert.deepEqual(
      [html.code, html.stderr.split('\n')[0]],
      [3, `fairlead: the server at http://127.0.0.1:${port} does not answer: what answers there is no Fairlead server`],
    );
    const tls = await ask(`https://127.0.0.1:${port}`);
    assert.equal(tls.code, 3);
    other.close();
    const nobody = await ask(`http://127.0.0.1:${port}`);
    assert.match(nobody.stderr, /does not answer: connect ECONNREFUSED/);
    assert.equal(nobody.code, 3);
  } finally {
    other.close();
  }
});

test('a server of its own writes a context with which everything works over TLS, and without its authority nothing does', async () => {
  using folder = folderWith({});
  const anywhere = { listen: '127.0.0.1:0' };
  const settings = serverSettings.parse({
    dataDir: join(folder.path, 'data'),
    ...{ agents: anywhere, enrolment: anywhere, api: anywhere, health: anywhere },
    discovery: { http: '127.0.0.1:0', dns: '127.0.0.1:0' },
  });
  await using server = await startServer(settings, { clock: systemClock, log: silentLog, version: '0.0.0', env: {} });
  const run = (line: string, context: string) =>
    fairlead(line.split(' '), { cwd: folder.path, env: { HOME: folder.path, FAIRLEAD_CONTEXT: context } });
  const made = await run('tokens create', server.contextFile);
  assert.match(made.stdout, new RegExp(`--ca-fingerprint ${server.caFingerprint}`));
  assert.equal(made.code, 0);
  const { ca: _, ...rest } = JSON.parse(readFileSync(server.contextFile, 'utf8'));
  writeFileSync(join(folder.path, 'no-ca.json'), JSON.stringify(rest), { mode: 0o600 });
  const untrusted = await run('tokens', 'no-ca.json');
  assert.equal(untrusted.code, 3);
  assert.match(untrusted.stderr, /does not answer: .*(self-signed|unable to|issuer)/);
});

test('a watch goes on where it was when its connection breaks, and ends with the first SIGINT', async () => {
  await using office = await openOffice();
  const { desk, folder } = office;
  await desk.agent('edge-1');
  const child = spawn(process.execPath, [program, 'agents', 'watch', '--json'], {
    env: { PATH: process.env.PATH ?? '', HOME: folder.path, FAIRLEAD_CONTEXT: office.contextOf('reader') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const seen = async (count: number) => {
    while (lines.length < count) await once(child.stdout, 'data');
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => lines.push(...text.split('\n').slice(0, -1)));
  while (desk.feed.listeners === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  desk.feed.publish({ kind: 'agent.labels', data: { name: 'first' } });
  desk.feed.publish({ kind: 'rollout.changed', data: {} });
  await seen(1);
  desk.cut();
  desk.feed.publish({ kind: 'agent.labels', data: { name: 'meanwhile' } });
  await seen(2);
  desk.feed.publish({ kind: 'agent.labels', data: { name: 'after' } });
  await seen(3);
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  assert.equal(code, 0);
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).data.name),
    ['first', 'meanwhile', 'after'],
  );
});

test('colour comes with FORCE_COLOR, and never without being asked for', async () => {
  await using office = await openOffice();
  await office.desk.agent('edge-1');
  assert.doesNotMatch((await office.run('agents')).stdout, /\u001b/);
  const coloured = await office.run('agents', { env: { FORCE_COLOR: '1' } });
  assert.match(coloured.stdout, /\u001b\[32monline\u001b\[39m/);
  assert.doesNotMatch((await office.run('agents --no-color', { env: { FORCE_COLOR: '1' } })).stdout, /\u001b/);
});

test('every command of operators explains itself with examples', async () => {
  for (const command of ['agents', 'config', 'rollout', 'services', 'tokens']) {
    const { stdout, code } = await fairlead(['help', command]);
    assert.equal(code, 0);
    for (const heading of ['USAGE', 'DESCRIPTION', 'OPTIONS', 'SERVER', 'EXAMPLES', 'EXIT CODES'])
      assert.match(stdout, new RegExp(`^${heading}$`, 'm'), command);
  }
});
