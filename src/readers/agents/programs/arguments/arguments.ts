import type { Context } from '../../context.ts';
import { dial } from '../../dial.ts';
import { AS_WRITTEN, listen, listenAt } from '../../listen.ts';
import { parseEndpoints } from '../../parse/endpoint.ts';
import type { Value } from '../../parse/value.ts';
import type { Flag } from '../../parse/words.ts';
import type { AgentFacts, Program } from '../../program.ts';
import { joinFacts, noFacts } from '../../program.ts';

const LISTEN =
  /(?:^|[.-])(?:listen|bind)(?:[.-]?(?:addr(?:ess)?|on|to|host|ip|http))?$|^(?:http|https|grpc|metrics|web|admin|api|server|telemetry|health)[.-](?:addr|address|listen|bind)$|listen-address$|listenaddr$|bind-addr$/i;
const NOT_DIALLED =
  /advertise|external|public|root-?url|base-?url|site-?url|cors|origin|allow|trusted|redirect|callback|cookie|no-?proxy|domain|path|prefix|template|name$/i;
const DIAL =
  /(?:^|[.\-_])(?:urls?|uris?|endpoints?|addr|address(?:es)?|servers?|brokers?|bootstrap[.-]?servers?|broker-list|dsn|upstreams?|targets?|hosts?|peers|nodes|connect|backend|collector|registry|master|join|retry-join|proxy)$|(?:Url|Uri|Endpoint|Server|Servers|Address|Addr|Brokers|URL|Proxy)$/;
const MAX_VALUE = 4096;

/** The conventions of command lines: flags that name an endpoint, and URLs that stand alone. */
export const commandArguments: Program = {
  name: 'arguments',
  matches: (workload) => workload.command !== undefined || workload.entrypoint !== undefined,
  read: (_workload, context) => {
    const open = context.flags.filter(({ indices }) => !indices.some((index) => context.takenWords.has(index)));
    const inFlags = new Set(open.flatMap(({ indices }) => indices));
    const alone = context.words.filter((_, index) => index > 0 && !inFlags.has(index) && !context.takenWords.has(index));
    return joinFacts([...open.map((flag) => readFlag(flag, context)), hostAndPort(open), ...alone.map(readPositional)]);
  },
};

function readFlag({ name, value }: Flag, context: Context): AgentFacts {
  if (value === undefined || value.text.length > MAX_VALUE) return noFacts;
  const key = name.replace(/^-+/, '');
  if (NOT_DIALLED.test(key)) return noFacts;
  if (LISTEN.test(key) || isListenAddress(value.text)) return readListen(name, value);
  // `--host 0.0.0.0` is listened on; with a scheme in front it is what a client dials. So is any URL of another container.
  if (isHostFlag(key) ? !URL_START.test(value.text) : !DIAL.test(key) && !isOfInput(value.text, context)) return noFacts;
  return dial(value, {
    setting: name,
    purpose: 'dials',
    generic: true,
    bare: false,
    plane: /register|join|config|control|consul|etcd/i.test(key) ? 'control' : 'data',
  });
}

const isListenAddress = (text: string): boolean => /^(?:0\.0\.0\.0|\[::\]):\d+$|^:\d{2,5}$/.test(text);
const isHostFlag = (key: string): boolean => key === 'host' || key === 'hostname' || key === 'ip';

const URL_START = /^[a-z][a-z0-9+.-]*:\/\//i;

function isOfInput(text: string, context: Context): boolean {
  const endpoints = URL_START.test(text) ? parseEndpoints(text) : [];
  return (
    endpoints.length > 0 && endpoints.every(({ host }) => host !== undefined && context.names.has(host) && !context.ownNames.has(host))
  );
}

function readListen(name: string, value: Value): AgentFacts {
  // Only an address of the container itself can be listened on; any other is somebody else's.
  const [endpoint] = parseEndpoints(value.text);
  const own = endpoint === undefined || endpoint.host === undefined || /^(?:localhost|[\d.]+|[\da-f:]+)$/i.test(endpoint.host);
  return own ? listen(value, { setting: name, any: AS_WRITTEN }) : noFacts;
}

/** `--host 0.0.0.0 --port 8000`: a server of a kind that we do not know. A name instead of an address is dialled. */
function hostAndPort(flags: readonly Flag[]): AgentFacts {
  const host = flags.find(({ name }) => isHostFlag(name.replace(/^-+/, '')))?.value;
  const port = flags.find(({ name }) => name === '--port' || name === '-port')?.value;
  if (host === undefined || port === undefined || URL_START.test(host.text)) return noFacts;
  if (/^(?:0\.0\.0\.0|::|\[::\])$/.test(host.text))
    return listenAt(host, port, { setting: '--host', any: AS_WRITTEN, port: 0, origin: host.origin });
  if (/^(?:localhost|127\.[\d.]+|::1)$/.test(host.text)) return noFacts;
  return dial(host, { setting: '--host', purpose: 'dials', generic: true, portValue: port, bare: true });
}

function readPositional(word: Value, index: number): AgentFacts {
  if (word.text.length > MAX_VALUE || !URL_START.test(word.text)) return noFacts;
  return dial(word, { setting: `argument ${index + 1}`, purpose: 'dials', generic: true, bare: false });
}
