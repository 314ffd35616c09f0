/** Fixes on real texts: what is written where, and what is not offered because it would do harm. */
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { applyEdits } from '../../core/text.ts';
import type { Finding } from '../../network/answer.ts';
import type { Model } from '../../network/model.ts';
import { createReach } from '../../reach/index.ts';
import type { Input } from '../../readers/discover.ts';
import { type Files, withOverlay } from '../../readers/files.ts';
import { readAll } from '../../readers/index.ts';
import type { Rule } from '../rule.ts';
import { rules } from '../rules/index.ts';
import { ruleContext, runRules } from '../rules/run.ts';
import { applyFixes } from './apply.ts';
import { proveFixes } from './prove.ts';

const noFiles: Files = { read: () => ({ ok: false, reason: 'missing', message: 'no such file' }), exists: () => false };

interface Bench {
  readonly files: Files;
  readonly read: (files: Files) => Model;
  readonly ruleSet: readonly Rule[];
}

/** Texts of a folder `shop`; the first is the input. */
function benchOf(texts: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}): Bench {
  const files = withOverlay(noFiles, new Map(Object.entries(texts).map(([name, text]) => [resolve('shop', name), text])));
  const [name = ''] = Object.keys(texts);
  const path = `shop/${name}`;
  const input: Input = name.endsWith('.yaml')
    ? { kind: 'compose', paths: [path] }
    : { kind: 'commands', path, syntax: name.endsWith('.md') ? 'markdown' : 'shell' };
  return { files, read: (from) => readAll(from, { inputs: [input], env }), ruleSet: rules.filter((rule) => rule.onByDefault) };
}

function findingsOf({ files, read, ruleSet }: Bench): readonly Finding[] {
  const model = read(files);
  assert.deepEqual(
    model.problems.filter(({ severity }) => severity === 'error'),
    [],
  );
  const reach = createReach(model);
  return proveFixes({ drafts: runRules(ruleContext(model, reach), ruleSet), model, reach, files, reread: read, ruleSet });
}

/** The texts after the first offered fix with edits, of the finding about `subject`. */
function patched(
  texts: Readonly<Record<string, string>>,
  ruleId: string,
  subject = '',
): { readonly texts: Record<string, string>; readonly finding: Finding } {
  const bench = benchOf(texts);
  const finding = findingsOf(bench).find((candidate) => candidate.ruleId === ruleId && candidate.subject.startsWith(subject));
  assert.ok(finding !== undefined, `${ruleId} is found`);
  const fix = finding.fixes.find(({ edits }) => edits.length > 0);
  assert.ok(fix !== undefined, `a fix is offered for: ${finding.message}`);
  const result: Record<string, string> = {};
  for (const [name, text] of Object.entries(texts)) {
    const own = fix.edits.filter((edit) => resolve(edit.file) === resolve('shop', name));
    if (own.length > 0) result[name] = applyEdits(text, own);
  }
  return { texts: result, finding };
}

const server = '  prometheus:\n    image: prom/prometheus:v2.53.0\n';

const composeCases: {
  readonly name: string;
  readonly texts: Readonly<Record<string, string>>;
  readonly subject?: string;
  readonly rule?: string;
  readonly expected: Readonly<Record<string, string>>;
}[] = [
  {
    name: 'an environment that two services share by an alias is overridden at the place of use',
    texts: {
      'compose.yaml': `x-env: &env\n  AGENT_ENDPOINT: http://localhost:9090 # shared\nservices:\n  agent:\n    image: my-agent\n    environment: *env\n  other:\n    image: my-agent\n    environment: *env\n${server}`,
    },
    subject: 'agent',
    expected: {
      'compose.yaml': `x-env: &env\n  AGENT_ENDPOINT: http://localhost:9090 # shared\nservices:\n  agent:\n    image: my-agent\n    environment:\n      <<: *env\n      AGENT_ENDPOINT: http://prometheus:9090\n  other:\n    image: my-agent\n    environment: *env\n${server}`,
    },
  },
  {
    name: 'an anchor that only one service uses is corrected where it stands',
    texts: {
      'compose.yaml': `x-env: &env\n  AGENT_ENDPOINT: http://localhost:9090\nservices:\n  agent:\n    image: my-agent\n    environment: *env\n${server}`,
    },
    expected: {
      'compose.yaml': `x-env: &env\n  AGENT_ENDPOINT: http://prometheus:9090\nservices:\n  agent:\n    image: my-agent\n    environment: *env\n${server}`,
    },
  },
  {
    name: 'a service template that two services merge stays as it is',
    texts: {
      'compose.yaml': `x-agent: &agent\n  image: my-agent\n  environment:\n    - LEVEL=info\n    - AGENT_ENDPOINT=http://localhost:9090\nservices:\n  agent:\n    <<: *agent\n    restart: always\n  other:\n    <<: *agent\n${server}`,
    },
    subject: 'agent',
    expected: {
      'compose.yaml': `x-agent: &agent\n  image: my-agent\n  environment:\n    - LEVEL=info\n    - AGENT_ENDPOINT=http://localhost:9090\nservices:\n  agent:\n    <<: *agent\n    restart: always\n    environment:\n      - LEVEL=info\n      - AGENT_ENDPOINT=http://prometheus:9090\n  other:\n    <<: *agent\n${server}`,
    },
  },
  {
    name: 'an env_file of several services is left alone, one of a single service is corrected',
    texts: {
      'compose.yaml': `services:\n  agent:\n    image: my-agent\n    env_file: agent.env\n  other:\n    image: my-agent\n    env_file: agent.env\n${server}`,
      'agent.env': 'AGENT_ENDPOINT=http://localhost:9090\n',
    },
    subject: 'agent',
    expected: {
      'compose.yaml': `services:\n  agent:\n    image: my-agent\n    env_file: agent.env\n    environment:\n      AGENT_ENDPOINT: http://prometheus:9090\n  other:\n    image: my-agent\n    env_file: agent.env\n${server}`,
    },
  },
  {
    name: 'an env_file of one service is corrected',
    texts: {
      'compose.yaml': `services:\n  agent:\n    image: my-agent\n    env_file: agent.env\n${server}`,
      'agent.env': '# where to\nAGENT_ENDPOINT="http://localhost:9090"\n',
    },
    expected: { 'agent.env': '# where to\nAGENT_ENDPOINT="http://prometheus:9090"\n' },
  },
  {
    name: 'an extended service is corrected in the file that defines the key',
    texts: {
      'compose.yaml': `services:\n  agent:\n    extends: { file: base.yaml, service: agent }\n${server}`,
      'base.yaml': "services:\n  agent:\n    image: my-agent\n    environment:\n      AGENT_ENDPOINT: 'http://localhost:9090'\n",
    },
    expected: {
      'base.yaml': "services:\n  agent:\n    image: my-agent\n    environment:\n      AGENT_ENDPOINT: 'http://prometheus:9090'\n",
    },
  },
  {
    name: 'an included file is corrected in its own text',
    texts: {
      'compose.yaml': `include: [agent/compose.yaml]\nservices:\n${server}`,
      'agent/compose.yaml': 'services:\n  agent:\n    image: my-agent\n    environment:\n      AGENT_ENDPOINT: http://localhost:9090\n',
    },
    expected: {
      'agent/compose.yaml': 'services:\n  agent:\n    image: my-agent\n    environment:\n      AGENT_ENDPOINT: http://prometheus:9090\n',
    },
  },
  {
    name: 'an interpolated value becomes a fixed one, which is a suggestion',
    texts: {
      'compose.yaml': `services:\n  agent:\n    image: my-agent\n    environment:\n      AGENT_ENDPOINT: "http://\${HOST:-localhost}:9090" # where to\n${server}`,
    },
    expected: {
      'compose.yaml': `services:\n  agent:\n    image: my-agent\n    environment:\n      AGENT_ENDPOINT: "http://prometheus:9090" # where to\n${server}`,
    },
  },
  {
    name: 'a password stays, and the brackets of an IPv6 literal go',
    texts: {
      'compose.yaml': `services:\n  agent:\n    image: my-agent\n    environment:\n      AGENT_ENDPOINT: http://me:secret@[::1]:9090/x\n${server}`,
    },
    expected: {
      'compose.yaml': `services:\n  agent:\n    image: my-agent\n    environment:\n      AGENT_ENDPOINT: http://me:secret@prometheus:9090/x\n${server}`,
    },
  },
  {
    name: 'CRLF stays CRLF, and a flow style stays one',
    texts: {
      'compose.yaml':
        'services:\r\n  agent: { image: my-agent, environment: { AGENT_ENDPOINT: "http://prometheus:9090" } }\r\n  prometheus: { image: "prom/prometheus:v2.53.0", networks: [back] }\r\nnetworks:\r\n  back:\r\n',
    },
    rule: 'R05',
    expected: {
      'compose.yaml':
        'services:\r\n  agent: { image: my-agent, environment: { AGENT_ENDPOINT: "http://prometheus:9090" }, networks: [default, back] }\r\n  prometheus: { image: "prom/prometheus:v2.53.0", networks: [back] }\r\nnetworks:\r\n  back:\r\n',
    },
  },
  {
    name: 'a service that names its networks gets one more',
    texts: {
      'compose.yaml': `services:\n  agent:\n    image: my-agent\n    environment: { AGENT_ENDPOINT: "http://prometheus:9090" }\n    networks:\n      front:\n        aliases: [a]\n${server}    networks:\n      - back\nnetworks: { front: , back: }\n`,
    },
    rule: 'R05',
    expected: {
      'compose.yaml': `services:\n  agent:\n    image: my-agent\n    environment: { AGENT_ENDPOINT: "http://prometheus:9090" }\n    networks:\n      front:\n        aliases: [a]\n      back:\n${server}    networks:\n      - back\nnetworks: { front: , back: }\n`,
    },
  },
  {
    name: 'two faults of one line are mended together: no shared network, and the published port',
    texts: {
      'compose.yaml': `services:\n  agent:\n    image: my-agent\n    environment:\n      AGENT_ENDPOINT: http://prometheus:9091\n${server}    ports: ["9091:9090"]\n    networks: [back]\nnetworks: { back: {} }\n`,
    },
    rule: 'R05',
    expected: {
      'compose.yaml': `services:\n  agent:\n    image: my-agent\n    environment:\n      AGENT_ENDPOINT: http://prometheus:9090\n    networks:\n      - default\n      - back\n${server}    ports: ["9091:9090"]\n    networks: [back]\nnetworks: { back: {} }\n`,
    },
  },
];

for (const { name, texts, subject, rule, expected } of composeCases)
  test(name, () => assert.deepEqual(patched(texts, rule ?? 'R01', subject).texts, expected));

test('an interpolated value is not replaced without asking', () => {
  const { finding } = patched(
    {
      'compose.yaml': `services:\n  agent:\n    image: my-agent\n    environment: ["AGENT_ENDPOINT=http://\${HOST:-localhost}:9090"]\n${server}`,
    },
    'R01',
  );
  assert.deepEqual(
    finding.fixes.map(({ applicability }) => applicability),
    ['suggestion'],
  );
});

const commandCases: {
  readonly name: string;
  readonly file: string;
  readonly rule: string;
  readonly before: string;
  readonly after: string;
}[] = [
  {
    name: 'a prompt and sudo are kept, and the network is made first',
    file: 'README.md',
    rule: 'R04',
    before:
      '# Run\n\n```console\n$ sudo docker run -d --name prometheus prom/prometheus:v2.53.0\n$ sudo docker run -d --name agent -e AGENT_ENDPOINT=http://prometheus:9090 my-agent\n```\n',
    after:
      '# Run\n\n```console\n$ sudo docker network create prometheus-net\n$ sudo docker run -d --name prometheus --network prometheus-net prom/prometheus:v2.53.0\n$ sudo docker run -d --name agent -e AGENT_ENDPOINT=http://prometheus:9090 --network prometheus-net my-agent\n```\n',
  },
  {
    name: 'a network of the script is used, and --net=bridge is replaced',
    file: 'run.sh',
    rule: 'R04',
    before:
      'docker network create monitoring\ndocker run -d --name prometheus --net monitoring prom/prometheus:v2.53.0\ndocker run -d --net=bridge --name agent \\\n  -e "AGENT_ENDPOINT=http://prometheus:9090" \\\n  my-agent\n',
    after:
      'docker network create monitoring\ndocker run -d --name prometheus --net monitoring prom/prometheus:v2.53.0\ndocker run -d --net=monitoring --name agent \\\n  -e "AGENT_ENDPOINT=http://prometheus:9090" \\\n  my-agent\n',
  },
  {
    name: 'a value in quotes is corrected in its quotes',
    file: 'run.sh',
    rule: 'R06',
    before:
      'docker network create n\ndocker run -d --network n --name prometheus -p 9091:9090 prom/prometheus:v2.53.0\ndocker run -d --network n -e "AGENT_ENDPOINT=http://prometheus:9091" my-agent\n',
    after:
      'docker network create n\ndocker run -d --network n --name prometheus -p 9091:9090 prom/prometheus:v2.53.0\ndocker run -d --network n -e "AGENT_ENDPOINT=http://prometheus:9090" my-agent\n',
  },
  {
    name: 'published ports in host mode are taken out with their flags',
    file: 'run.sh',
    rule: 'R10',
    before: 'docker run -d --network host \\\n  -p 9100:9100 \\\n  prom/node-exporter:v1.8.1\n',
    after: 'docker run -d --network host \\\n  prom/node-exporter:v1.8.1\n',
  },
];

for (const { name, file, rule, before, after } of commandCases)
  test(name, () => assert.deepEqual(patched({ [file]: before }, rule).texts, { [file]: after }));

test('the corrected command line is given as text', () => {
  const { finding } = patched({ 'run.sh': 'docker run -d -p 9100:9100 --net host prom/node-exporter:v1.8.1 # exporter\n' }, 'R10');
  assert.deepEqual(finding.fixes[0]?.commands, ['docker run -d --net host prom/node-exporter:v1.8.1']);
});

test('a fix that brings another fault is not offered', () => {
  // On `back` there is a second container called "agent": joining it would make that name ambiguous for "web".
  const text = `services:\n  agent:\n    image: my-agent\n    environment: { AGENT_ENDPOINT: "http://prometheus:9090" }\n${server}    networks: [back]\n  web:\n    image: my-web\n    environment: { UPSTREAM_URL: "http://agent:7000" }\n    networks: [back]\n  worker:\n    image: my-worker\n    command: --listen=0.0.0.0:7000\n    networks: { back: { aliases: [agent] } }\nnetworks: { back: {} }\n`;
  const findings = findingsOf(benchOf({ 'compose.yaml': text }));
  const finding = findings.find(({ ruleId }) => ruleId === 'R05');
  assert.ok(finding !== undefined);
  assert.deepEqual(
    finding.fixes.filter(({ edits }) => edits.length > 0),
    [],
  );
});

test('what else a fix opens is told', () => {
  const text = `services:\n  agent:\n    image: my-agent\n    environment: { AGENT_ENDPOINT: "http://prometheus:9090" }\n${server}    networks: [back]\n  cache:\n    image: redis:7\n    networks: [back]\nnetworks: { back: {} }\n`;
  const { finding } = patched({ 'compose.yaml': text }, 'R05');
  assert.deepEqual(finding.fixes[0]?.proof, {
    before: 'unreachable',
    after: 'reachable',
    alsoChanges: ['agent can now also reach cache:6379'],
  });
});

test('all safe fixes go together, a second run has nothing to do, and the comments are there', () => {
  const text = `# the stack\nservices:\n  agent: # agent\n    image: my-agent\n    environment:\n      AGENT_ENDPOINT: http://localhost:9090 # where to\n      LOG_ENDPOINT: http://host.docker.internal:3100\n  node-exporter:\n    image: prom/node-exporter:v1.8.1\n    network_mode: host\n    ports: # none\n      - 9100:9100\n    restart: always\n${server}`;
  const bench = benchOf({ 'compose.yaml': text });
  const { texts, fixed, left } = applyFixes(findingsOf(bench), bench.files);
  assert.deepEqual([fixed.map(({ ruleId }) => ruleId).sort(), left], [['R01', 'R03', 'R10'], []]);
  assert.equal(
    texts.get(resolve('shop/compose.yaml')),
    `# the stack\nservices:\n  agent: # agent\n    image: my-agent\n    environment:\n      AGENT_ENDPOINT: http://prometheus:9090 # where to\n      LOG_ENDPOINT: http://host.docker.internal:3100\n    extra_hosts:\n      - host.docker.internal:host-gateway\n  node-exporter:\n    image: prom/node-exporter:v1.8.1\n    network_mode: host\n    restart: always\n${server}`,
  );
  const again = withOverlay(bench.files, texts);
  assert.equal(applyFixes(findingsOf({ ...bench, files: again }), again).texts.size, 0);
});
