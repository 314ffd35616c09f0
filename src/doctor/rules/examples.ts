/**
 * The examples of a rule's page. They are its documentation and its tests at once: every fenced block whose info
 * string says `fail` or `pass` is read by the real readers and judged by the real rules (rules.test.ts).
 *
 * ```yaml fail file=compose.yaml line=7 fix=safe      a file with the fault; the finding blames line 7, and has a proven safe fix
 * ```yaml with file=prometheus.yml                    a further file of the example above it
 * ```sh pass docker=28                                a right one, on Docker 28
 *
 * Words of the info string:
 * - `file=NAME`: what the text is saved as; without it `compose.yaml`, `run.sh`, `README.md` or `inspect.json` by language;
 * - `line=N` or `line=FILE:N`: where the first evidence of the finding is;
 * - `fix=safe|suggestion|manual|none`: the best fix that is offered; `safe` and `suggestion` are applied and asked again;
 * - `also=NAME,NAME`: `with` files of other examples of the page that belong to this one too;
 * - `docker=28`, `platform=linux`, `rootless=on`, `userland-proxy=off`, `host-firewall=drop`, `host-mtu=1450`: the host;
 * - `host-listener=0.0.0.0:9090[/udp]`: a service of the host (may be repeated).
 */
export interface Example {
  readonly verdict: 'fail' | 'pass';
  /** The line of the page on which the block starts, for messages. */
  readonly pageLine: number;
  readonly language: string;
  readonly file: string;
  readonly text: string;
  /** Name → text of all files of the example, the first being `file`. */
  readonly files: ReadonlyMap<string, string>;
  readonly blame: { readonly file: string; readonly line: number } | undefined;
  readonly fix: 'safe' | 'suggestion' | 'manual' | 'none' | undefined;
  /** The other words, as given: `docker` → `28`. */
  readonly host: ReadonlyMap<string, readonly string[]>;
}

interface Block {
  readonly pageLine: number;
  readonly language: string;
  readonly role: 'fail' | 'pass' | 'with';
  readonly words: ReadonlyMap<string, readonly string[]>;
  readonly text: string;
}

const fence = /^(`{3,})(\S+) (fail|pass|with)((?: \S+=\S+)*)\n([\s\S]*?)^\1$/gm;

const defaultNames: Readonly<Record<string, string>> = {
  yaml: 'compose.yaml',
  sh: 'run.sh',
  shell: 'run.sh',
  bash: 'run.sh',
  json: 'inspect.json',
  md: 'README.md',
};

const hostWords = new Set(['docker', 'platform', 'rootless', 'userland-proxy', 'host-firewall', 'host-mtu', 'host-listener']);
const knownWords = new Set([...hostWords, 'file', 'line', 'fix', 'also']);

/** The examples of a page, in its order. Throws when a block says something that is not understood: it would test nothing. */
export function readExamples(page: string): readonly Example[] {
  const blocks = [...page.matchAll(fence)].map((match) => readBlock(page, match));
  const shared = new Map(blocks.filter((block) => block.role === 'with').map((block) => [nameOf(block), block.text]));
  return blocks.flatMap((block, index) => (block.role === 'with' ? [] : [example(block.role, block, followers(blocks, index), shared)]));
}

function readBlock(page: string, match: RegExpExecArray): Block {
  const [, , language = '', role, rest = '', text = ''] = match;
  const pairs =
    rest.trim() === ''
      ? []
      : rest
          .trim()
          .split(' ')
          .map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)] as const);
  const pageLine = page.slice(0, match.index).split('\n').length;
  for (const [name] of pairs) if (!knownWords.has(name)) throw new RangeError(`line ${pageLine}: unknown word "${name}" in a fenced block`);
  const words = new Map<string, string[]>();
  for (const [name, value] of pairs) words.set(name, [...(words.get(name) ?? []), value]);
  return { pageLine, language, role: role === 'fail' ? 'fail' : role === 'pass' ? 'pass' : 'with', words, text };
}

function followers(blocks: readonly Block[], index: number): readonly Block[] {
  const rest = blocks.slice(index + 1);
  const end = rest.findIndex((block) => block.role !== 'with');
  return end === -1 ? rest : rest.slice(0, end);
}

function example(verdict: 'fail' | 'pass', block: Block, withs: readonly Block[], shared: ReadonlyMap<string, string>): Example {
  const file = nameOf(block);
  const also = word(block, 'also')?.split(',') ?? [];
  const files = new Map([[file, block.text], ...withs.map((other) => [nameOf(other), other.text] as const)]);
  for (const name of also) {
    const text = shared.get(name);
    if (text === undefined) throw new RangeError(`line ${block.pageLine}: no "with" block is called ${name}`);
    files.set(name, text);
  }
  return {
    verdict,
    pageLine: block.pageLine,
    language: block.language,
    file,
    text: block.text,
    files,
    blame: blameOf(block, file),
    fix: fixOf(block),
    host: new Map([...block.words].filter(([name]) => hostWords.has(name))),
  };
}

const word = (block: Block, name: string): string | undefined => block.words.get(name)?.at(-1);

function nameOf(block: Block): string {
  const name = word(block, 'file') ?? defaultNames[block.language];
  if (name === undefined) throw new RangeError(`line ${block.pageLine}: a ${block.language} block needs file=NAME`);
  return name;
}

function blameOf(block: Block, file: string): Example['blame'] {
  const match = /^(?:(.+):)?(\d+)$/.exec(word(block, 'line') ?? '');
  return match === null ? undefined : { file: match[1] ?? file, line: Number(match[2]) };
}

function fixOf(block: Block): Example['fix'] {
  const fix = word(block, 'fix');
  if (fix === undefined || fix === 'safe' || fix === 'suggestion' || fix === 'manual' || fix === 'none') return fix;
  throw new RangeError(`line ${block.pageLine}: fix=${fix} is none of safe, suggestion, manual, none`);
}
