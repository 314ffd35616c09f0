import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problems, readText } from './testing.ts';

/** What a script leaves behind: `name state image`. */
const left = (text: string): readonly string[] =>
  readText(text).part.workloads.map(({ id, state, image }) => `${id} ${state} ${image?.value}`);

test('what a script may do under a condition does not end what it surely makes', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['docker run --name web nginx\ndocker stop web', ['web stopped nginx']],
    ['docker run --name web nginx\ndocker stop web && docker rm web', []],
    ['docker run --name web nginx\nif x; then docker rm -f web; fi', ['web running nginx']],
    ['docker run --name web nginx\nstop() { docker rm -f web; }', ['web running nginx']],
    ['docker run --name web nginx\ncase $1 in down) docker stop web;; esac', ['web running nginx']],
    ['docker run --name web nginx\n[ -n "$x" ] && docker rm -f web', ['web running nginx']],
    ['docker run --name web nginx\nif x; then docker rm -f web; fi\ndocker run --name web httpd', ['web running httpd']],
    ['docker start web || docker run --name web nginx', ['web running nginx']],
    ['docker create --name web nginx\ndocker start web', ['web running nginx']],
    ['docker run --name web nginx; docker rename web old; docker run --name web httpd', ['web running nginx', 'container-1 running httpd']],
  ];
  for (const [text, expected] of cases) assert.deepEqual(left(text), expected, text);
});

test('two ways of one condition are no conflict', () => {
  const { part } = readText(
    'if [ "$MODE" = host ]; then\n docker run --name web --network host nginx\nelse\n docker run --name web nginx\nfi',
  );
  assert.deepEqual(
    part.workloads.map(({ namespaceId }) => namespaceId),
    ['host'],
  );
  assert.deepEqual(problems(part), ['4:20 gap this is another way to run "web"; only the one on line 2 is looked at']);
});

test('a variable that is set under a condition is unknown behind it, unless both ways agree', () => {
  const image = (text: string) => readText(text).part.workloads[0]?.image?.value;
  assert.equal(image('T=1\nif x; then T=2; fi\ndocker run img:$T'), 'img:${T}');
  assert.equal(image('T=1\nif x; then T=1; fi\ndocker run img:$T'), 'img:1');
  assert.equal(image('T=1\nif x; then T=2; docker run img:$T; fi'), 'img:2');
  assert.equal(image('T=1\nif x; then T=2; else docker run img:$T; fi'), 'img:1');
  assert.equal(image('T=1\n(T=2)\ndocker run img:$T'), 'img:1');
  assert.equal(image('read T\ndocker run img:$T'), 'img:${T}');
  assert.equal(image('docker run img:${1:-latest}'), 'img:latest');
});

test('a loop over known words is walked word by word, others once', () => {
  assert.deepEqual(left('for n in 1 2 {3..4} $(seq 5 6); do docker run --name "c$n" img; done').length, 6);
  assert.deepEqual(left('for n in $NAMES; do docker run --name "c$n" img; done'), ['c${n} running img']);
  assert.deepEqual(left('for a in 1 2; do for b in x y; do docker run --name $a$b img; done; done'), [
    '1x running img',
    '1y running img',
    '2x running img',
    '2y running img',
  ]);
});

test('wrappers and paths lead to docker, and other programs do not', () => {
  const runs = [
    'sudo -E docker run img',
    'sudo -u bob env A=b /usr/bin/docker run img',
    'timeout 10 docker container run img',
    'DOCKER_HOST=x docker --context y run img',
    '$SUDO docker run img',
    'D=docker; $D run img',
    'x=$(docker run img)',
    'echo "$(docker run img)"',
    'exec docker run img',
    '! docker run img',
    'while ! docker run img; do sleep 1; done',
  ];
  for (const text of runs) assert.equal(left(text).length, 1, text);
  for (const text of [
    'echo docker run img',
    'podman run img',
    'ssh host "docker run img"',
    '# docker run img',
    'cat <<X\ndocker run img\nX\n',
  ])
    assert.equal(left(text).length, 0, text);
});
