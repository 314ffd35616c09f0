import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SourceText } from '../../core/text.ts';
import { diskFiles } from '../files.ts';
import { readDockerCommands } from './index.ts';

const words =
  "docker run|docker create|docker network create|docker network connect|docker rm|docker|run|sudo|-p|--publish=|80:80|[::1]:1-9:1-9/udp|--network|name=a,alias=b,ip=|net|host|container:c|-e|A=b|--env-file|--ip|10.0.0.1|--subnet|10.0.0.0/8|--mount|type=bind,src=.,target=/x|--add-host|h:1::|--|-|-itp|--name|c|img|if|then|else|fi|for x in|do|done|case x in|esac|;;|x)|{|}|(|)|((|))|$(|`|'|\"|$'|\\|\\\n|\n|\n```sh\n|\n```\n|    |> |$ |# |<<E|\nE\n|<|>|<x>|&&|\\|\\||;|$x|${x|${x:-|${x[@]}|x=|x+=(|x=(a b)|export|cd|source|$((|\0|\u2028|é|😀|\r\n|\t|65535|99999|-1|:|=|,|/"
    .split(/(?<!\\)\|/)
    .map((word) => word.replaceAll('\\|', '|'));

/** mulberry32: small, and the same everywhere. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

test('no text throws, and every place lies in the text', (context) => {
  const seed = Number(process.env.FAIRLEAD_FUZZ_SEED ?? Date.now() % 1_000_000);
  context.diagnostic(`seed ${seed}`);
  const next = random(seed);
  for (let round = 0; round < 1500; round += 1) {
    const text = Array.from(
      { length: Math.floor(next() * 60) },
      () => words[Math.floor(next() * words.length)] + (next() < 0.8 ? ' ' : ''),
    ).join('');
    const kind = next() < 0.5 ? 'shell' : 'markdown';
    const { part, commands } = readDockerCommands(new SourceText('fuzz.sh', text), { files: diskFiles, kind });
    const spans = [
      ...commands.flatMap((command) => [command.span, ...command.words.map((word) => word.span)]),
      ...part.problems.flatMap(({ origin }) => (origin.kind === 'file' && origin.file === 'fuzz.sh' ? [origin.span] : [])),
    ];
    for (const { start, end } of spans)
      assert.ok(start >= 0 && start <= end && end <= text.length, `seed ${seed}, round ${round}: ${JSON.stringify(text)}`);
  }
});

test('an exact origin holds its value character by character', (context) => {
  const seed = Number(process.env.FAIRLEAD_FUZZ_SEED ?? Date.now() % 1_000_000);
  context.diagnostic(`seed ${seed}`);
  const next = random(seed);
  const quotes = [
    (v: string) => v,
    (v: string) => `'${v}'`,
    (v: string) => `"${v}"`,
    (v: string) => `"${v.slice(0, 2)}"${v.slice(2)}`,
    (v: string) => `\\${v}`,
    (v: string) => `\${U:-${v}}`,
  ];
  for (let round = 0; round < 500; round += 1) {
    const value = (prefix: string) => (quotes[Math.floor(next() * quotes.length)] ?? String)(`${prefix}${Math.floor(next() * 1000)}`);
    const text = `docker run -e ${value('KEY=v')} --network ${value('net')} -p ${value('80')}:${value('81')} ${value('img')} ${value('arg')}`;
    const { part } = readDockerCommands(new SourceText('x.sh', text), { files: diskFiles, kind: 'shell' });
    const [workload] = part.workloads;
    const facts = [workload?.image, workload?.networkMode, ...(workload?.environment ?? []), ...(workload?.command?.values ?? [])];
    assert.equal(facts.length, 4, text);
    for (const fact of facts)
      if (fact?.origin.kind === 'file' && fact.origin.exact)
        assert.equal(text.slice(fact.origin.span.start, fact.origin.span.end), fact.value, `seed ${seed}: ${text}`);
    for (const { hostPort, hostPortOrigin } of part.publications)
      if (hostPortOrigin?.kind === 'file' && hostPortOrigin.exact)
        assert.equal(text.slice(hostPortOrigin.span.start, hostPortOrigin.span.end), String(hostPort), text);
  }
});

/** CPU time, best of some runs: the wall clock of a busy machine says nothing. */
function cpuMs(run: () => void, times: number): number {
  return Math.min(
    ...Array.from({ length: times }, () => {
      const before = process.cpuUsage();
      run();
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    }),
  );
}

test('time grows with the length of the text, whatever it repeats', () => {
  const repeated = [
    '"',
    "'",
    '`',
    '$(',
    '${',
    '${a:-',
    '(',
    '((',
    'if ',
    'case x in ',
    'a=(',
    'a=$a$a;',
    'a+=x$a;',
    'for i in 1 2 3; do ',
    '<<E\n',
    'docker run ',
    'docker run $(',
    'docker run -p 1-65535:1-65535 i\n',
    'docker run --name x i\n',
    'docker stop y\n',
    '\n```\n',
    '> ',
    '1. ',
    '<x',
    '\\\n',
  ];
  for (const piece of repeated)
    for (const kind of ['shell', 'markdown'] as const) {
      const text = `\`\`\`sh\n${piece.repeat(Math.ceil(60_000 / piece.length))}`;
      const used = cpuMs(() => readDockerCommands(new SourceText('x.sh', text), { files: diskFiles, kind }), 1);
      assert.ok(used < 3000, `${JSON.stringify(piece)} as ${kind}: ${used} ms`);
    }
});

test('a script of a megabyte is read in a moment', () => {
  const lines = Array.from({ length: 40 }, (_, index) =>
    index === 0
      ? 'docker run -d --name "c$n" -p 8080:80 -v "$(pwd)/x:/y" \\\n  img:$TAG --flag value\n'
      : 'if [ -z "$FOO" ]; then echo "hello $world" | sed -e "s/a/b/" >&2; fi\n',
  ).join('');
  const text = lines.repeat(Math.ceil(1_000_000 / lines.length));
  // Around 90 ms on a busy two-core machine; the limit only has to tell it from what grows with the square.
  const used = cpuMs(() => readDockerCommands(new SourceText('x.sh', text), { files: diskFiles, kind: 'shell' }), 5);
  assert.ok(used < 500, `${used} ms`);
});
