import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problems, readText } from './testing.ts';

/**
 * What the docker CLI 28.2 refuses before it asks an engine, and what we say. Its own sentence stands beside each:
 * measured with `docker -H unix:///nowhere …`, which parses everything and then fails to connect.
 */
const refused: readonly (readonly [command: string, docker: string, ours: string])[] = [
  ['run --publihs 80:80 img', 'unknown flag: --publihs', '1:12 error docker run has no flag --publihs'],
  ['run -dZ img', "unknown shorthand flag: 'Z' in -dZ", '1:14 error docker run has no flag -Z in -dZ'],
  ['run -name web img', "unknown shorthand flag: 'n' in -name", '1:12 error docker run has no flag -name'],
  [
    'run -p img',
    "'docker run' requires at least 1 argument",
    '1:1 error docker run is left without IMAGE: "img" is taken for the value of -p',
  ],
  ['run img -p', '', ''],
  [
    'run --name a img',
    'Invalid container name (a), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed',
    '1:19 error "a" is no name for a container: it needs at least two characters',
  ],
  ['run --name', 'flag needs an argument: --name', '1:12 error --name of docker run needs a value'],
  ['run -p 99999:80 img', 'invalid hostPort: 99999', '1:15 error docker refuses `-p 99999:80`: host port 99999 is above 65535'],
  ['run -p 80:99999 img', 'invalid containerPort: 99999', '1:18 error docker refuses `-p 80:99999`: container port 99999 is above 65535'],
  ['run -p 80:80/tpc img', 'invalid proto: tpc', '1:21 error docker refuses `-p 80:80/tpc`: "tpc" is no protocol'],
  ['run -p 80:web img', 'invalid containerPort: web', '1:18 error docker refuses `-p 80:web`: "web" is no container port'],
  ['run -p 80: img', 'no port specified: 80:<empty>', '1:15 error docker refuses `-p 80:`: no container port'],
  [
    'run -p localhost:80:80 img',
    'invalid IP address: localhost',
    '1:15 error docker refuses `-p localhost:80:80`: "localhost" is no IP address',
  ],
  ['run -p 127.0.0.1:80 img', 'invalid hostPort: 127.0.0.1', '1:15 error docker refuses `-p 127.0.0.1:80`: "127.0.0.1" is no host port'],
  [
    'run -p 8000-8010:80-85 img',
    'invalid ranges specified for container and host Ports',
    '1:15 error docker refuses `-p 8000-8010:80-85`: 6 container ports cannot be mapped to 11 host ports',
  ],
  ['run -p 90-80 img', 'invalid containerPort: 90-80', '1:15 error docker refuses `-p 90-80`: the range 90-80 runs backwards'],
  ['run -p published=80 img', 'no port specified', '1:15 error docker refuses `-p published=80`: it has no target'],
  [
    'run --expose 80:80 img',
    'invalid port format for --expose: 80:80',
    '1:21 error docker refuses `--expose 80:80`: it is no port or range of ports',
  ],
  [
    'run --network host --network web img',
    'conflicting options: cannot attach both user-defined and non-user-defined network-modes',
    '1:37 error a container cannot be on "host" and on "web" at once',
  ],
  ['run --network alias=x img', 'network name/id is not specified', '1:22 error docker refuses this --network: it names no network'],
  [
    'run --network host --network-alias web img',
    'network-scoped aliases are only supported for user-defined networks',
    '1:43 error --network-alias "web" has no effect outside of a user-defined network; docker refuses it',
  ],
  ['run --mac-address foo img', 'foo is not a valid mac address', '1:26 error "foo" is no MAC address'],
  [
    'run --add-host server img',
    'bad format for add-host: "server"',
    '1:23 error docker refuses `--add-host server`: it is no NAME:ADDRESS',
  ],
  [
    'run --add-host server:other img',
    'invalid IP address in add-host: "other"',
    '1:30 error docker refuses `--add-host server:other`: "other" is no IP address',
  ],
  [
    'run --dns 1.1.1.1:53 img',
    'IP address is not correctly formatted: 1.1.1.1:53',
    '1:18 error docker refuses `--dns 1.1.1.1:53`: it is no IP address',
  ],
  ['run --link a:b:c img', 'bad format for links: a:b:c', '1:19 error docker refuses `--link a:b:c`'],
  ['run -e =x img', 'invalid environment variable: =x', '1:15 error docker refuses `-e =x`: the variable has no name'],
  ['run -m 10x img', "invalid suffix: 'x'", '1:15 error -m "10x" is not a size'],
  ['run --cpus many img', 'failed to parse many as a rational number', '1:19 error --cpus "many" is not a number'],
  ['run --health-interval 5 img', 'time: missing unit in duration "5"', '1:30 error --health-interval "5" is not a duration with a unit'],
  [
    'run --no-healthcheck --health-cmd x img',
    '--no-healthcheck conflicts with --health-* options',
    '1:12 error --no-healthcheck and --health-* exclude each other; docker refuses both together',
  ],
  [
    'run --restart always --rm img',
    'conflicting options: cannot specify both --restart and --rm',
    '1:22 error --restart and --rm exclude each other; docker refuses both together',
  ],
  ['run --rm=maybe img', 'strconv.ParseBool: parsing "maybe": invalid syntax', '1:17 error --rm "maybe" is not true or false'],
  [
    'run --mount type=bind,src=/a,foo=/b img',
    "unexpected key 'foo' in 'foo=/b'",
    '1:20 error docker refuses `--mount type=bind,src=/a,foo=/b`: it has no field "foo"',
  ],
  [
    'run -v data:relative img',
    "invalid mount path: 'relative' mount path must be absolute (engine)",
    '1:15 error docker refuses `-v data:relative`: "relative" in the container is no absolute path',
  ],
  ['run -v /a:/b:zz img', 'invalid mode: zz (engine)', '1:21 error docker refuses `-v /a:/b:zz`: "zz" is no mode of a mount'],
  [
    'run --network web --network web img',
    'network "web" is specified multiple times (engine)',
    '1:36 error the network "web" is given twice',
  ],
  ['run -v ::/b img', 'invalid spec: ::/b: empty section between colons', '1:15 error docker refuses `-v ::/b`: a part of it is empty'],
  ['network create', "'docker network create' requires 1 argument", '1:1 error docker network create is given no operand'],
  [
    'network create --subnet 10.0.0.0/24 --gateway 10.1.0.1 net',
    'no matching subnet for gateway 10.1.0.1',
    '1:54 error the gateway 10.1.0.1 lies outside of 10.0.0.0/24',
  ],
  [
    'network create --gateway 10.1.0.1 net',
    'every ip-range or gateway must have a corresponding subnet',
    '1:33 error the gateway 10.1.0.1 has no subnet to lie in',
  ],
  [
    'network create --subnet 10.0.0.0/24 --ip-range 10.1.0.0/24 net',
    'no matching subnet for range 10.1.0.0/24',
    '1:55 error the range 10.1.0.0/24 lies outside of 10.0.0.0/24',
  ],
  [
    'network create --subnet 10.0.0.0/24 --subnet 10.0.0.0/16 net',
    'multiple overlapping subnet configuration is not supported',
    '1:53 error the subnets 10.0.0.0/24 and 10.0.0.0/16 of one network overlap',
  ],
  ['network create --lable x net', 'unknown flag: --lable', '1:23 error docker network create has no flag --lable'],
];

const errors = (text: string) => problems(readText(text).part).filter((line) => line.includes(' error '));

test('what docker refuses is refused, at the place of the wrong value', () => {
  for (const [command, docker, ours] of refused)
    assert.deepEqual(errors(`docker ${command}\n`), ours === '' ? [] : [ours], `${command} (docker: ${docker})`);
});

test('what docker takes is taken', () => {
  const commands = [
    'run -p 8000-8010:80 img',
    'run -p :80 img',
    'run -p 127.0.0.1::80 img',
    'run -p [::1]:80:80 img',
    'run -p 8080:80/TCP img',
    'run -p 0:80 img',
    'run -p published=80,target=90,mode=host img',
    'run -dit img',
    'run -p=80:80 img',
    'run --rm false img',
    'run --add-host server=192.0.2.1 img',
    'run --add-host server:2001:db8::1 img',
    'run --add-host server:[::1] img',
    'run --dns-search . img',
    'run --expose 80/xyz img',
    'run --network host --hostname x -p 80:80 img',
    'run --network none -p 80:80 img',
    'run -v /a:/b:ro,z -v data:/c -v /d img',
    'run --memory 1.5g --cpus 1/2 img',
    'run --health-cmd x --health-interval 1m30s img',
    'run -- img --publihs',
    'run --name "" img',
    'network create --subnet 10.0.0.0/24,10.1.0.0/24 net',
    'network create -d bridge net --internal',
    'compose run --publihs x',
    'exec -it web sh',
    'run --help',
  ];
  for (const command of commands) assert.deepEqual(problems(readText(`docker ${command}\n`).part), [], command);
});

test('a hint names the flag, the value or the network that was meant', () => {
  const cases = [
    ['docker run --netwrok app img', 'did you mean --network?'],
    ['docker run -name web img', 'did you mean --name?'],
    ['docker run -p localhost:80:80 img', 'docker takes addresses only: write 127.0.0.1'],
    ['docker network create --subnet 10.0.0.5/24 net', 'write 10.0.0.0/24'],
    ['docker run --ip6 192.0.2.1 --network app img', 'use --ip'],
  ] as const;
  for (const [text, hint] of cases)
    assert.ok(
      readText(text).part.problems.some((problem) => problem.hint === hint),
      text,
    );
});

test('a flag behind the image is an argument, and that is said where it looks like a mistake', () => {
  assert.deepEqual(problems(readText('docker run example/agent -p 8080:80').part), [
    '1:26 warning -p 8080:80 stands behind the image, so it is an argument of the program in the container and not a flag of docker',
  ]);
  for (const text of ['docker run redis --port 6380', 'docker run busybox nc -p 80:80', 'docker run docker:cli -p 80:80'])
    assert.deepEqual(problems(readText(text).part), [], text);
});
