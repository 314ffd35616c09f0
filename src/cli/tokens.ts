/** `fairlead tokens` */
import { parseDuration } from '../core/duration.ts';
import type { Actions } from './actions.ts';
import { doneExitCodes, labelsOf, runAction, wholeNumber } from './actions.ts';
import type { Arguments, Command, CommandPage } from './command.ts';
import { contextGroup, readContext } from './context.ts';
import type { Io } from './io.ts';
import { usage } from './parse.ts';
import { allPages, apiFor, queryOf, show } from './serving.ts';
import { ago, pairsText, shortTime, table } from './table.ts';

const page: CommandPage = {
  name: 'tokens',
  summary: 'who may join, and who may use the API',
  usage: [
    'fairlead tokens [list]',
    'fairlead tokens create [--uses N] [--ttl TIME] [--label KEY=VALUE]… [--ephemeral] [--manual] [--note TEXT] [--out FILE]',
    'fairlead tokens revoke ID',
    'fairlead tokens pending',
    'fairlead tokens approve ID',
    'fairlead tokens deny ID [--reason TEXT]',
    'fairlead tokens api-list',
    'fairlead tokens api-create NAME --role ROLE [--ttl TIME] --out FILE',
    'fairlead tokens api-remove ID',
    'fairlead tokens authority',
    'fairlead tokens rotate STEP [--force]',
    'fairlead tokens audit [--since TIME]',
  ],
  description: [
    'An enrolment token lets agents join: once unless --uses says more, within an hour unless --ttl does. It is shown when it is made and never again. With --manual an operator approves each agent.',
    'An API token is for people and programs: reader reads, operator changes, admin makes tokens and reads the audit trail, agent registers services. api-create writes a context file that fairlead --context reads; it never prints the token.',
    'rotate takes a step of the rotation of the authority by hand: prepare, activate, retire. It happens by itself in good time.',
  ],
  options: [
    {
      title: 'Options',
      options: [
        { name: 'uses', placeholder: 'N', description: 'how many agents can join with it; 1 unless stated' },
        { name: 'ttl', placeholder: 'TIME', description: 'how long it can be used; 1h unless stated' },
        { name: 'label', placeholder: 'KEY=VALUE', multiple: true, description: 'a label of every agent that joins with it' },
        { name: 'ephemeral', description: 'agents that join with it are forgotten as soon as they expire' },
        { name: 'manual', description: 'an operator approves each agent' },
        { name: 'note', placeholder: 'TEXT', description: 'for people' },
        { name: 'reason', placeholder: 'TEXT', description: 'why it is denied' },
        { name: 'role', placeholder: 'ROLE', description: 'agent, reader, operator or admin' },
        {
          name: 'out',
          placeholder: 'FILE',
          description: 'where the token (create) or the context (api-create) is written, with mode 0600',
        },
        { name: 'since', placeholder: 'TIME', description: 'how far back the audit trail is shown; 7d unless stated' },
        { name: 'force', description: 'retire an authority although agents may still depend on it' },
      ],
    },
    contextGroup,
  ],
  examples: [
    { command: 'fairlead tokens create --uses 50 --ttl 7d --label site=edge', text: 'for fifty agents of one site' },
    { command: 'fairlead tokens api-create grafana --role reader --out grafana.json', text: 'a context for a program that only reads' },
  ],
  exitCodes: doneExitCodes,
};

interface Token {
  readonly id: string;
  readonly uses: number;
  readonly usesLeft: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly ephemeral: boolean;
  readonly approval: string;
  readonly note: string;
  readonly createdBy: string;
  readonly expires: string;
  readonly revoked?: string;
}

interface MadeToken extends Token {
  readonly token: string;
  readonly caFingerprint: string;
  readonly enrolUrl: string;
}

const validity = ({ expires, revoked, usesLeft }: Token): string => {
  if (revoked !== undefined) return 'revoked';
  const leftMs = Date.parse(expires) - Date.now();
  if (leftMs <= 0) return 'expired';
  if (usesLeft === 0) return 'used up';
  return `for ${ago(new Date(Date.now() - leftMs).toISOString(), Date.now())}`;
};

function tokensText(tokens: readonly Token[], io: Io): string {
  if (tokens.length === 0) return 'no enrolment tokens; fairlead tokens create makes one\n';
  return table<Token>(
    [
      { title: 'id', value: (one) => one.id },
      { title: 'left', value: (one) => `${one.usesLeft}/${one.uses}`, right: true },
      { title: 'valid', value: validity },
      {
        title: 'kind',
        value: (one) =>
          [one.approval === 'manual' ? 'manual' : '', one.ephemeral ? 'ephemeral' : ''].filter((text) => text !== '').join(' ') || '–',
      },
      { title: 'by', value: (one) => one.createdBy },
      { title: 'labels', value: (one) => pairsText(one.labels), flexible: true },
      { title: 'note', value: (one) => one.note },
    ],
    tokens,
    io,
  );
}

/** The command to type on the agent's machine. The token is not in it: arguments can be read by every user of a machine. */
function madeText(made: MadeToken, file: string | undefined): string {
  const lines =
    file === undefined
      ? [`token           ${made.token}`, '                (shown this once; put it into a file that only the agent can read)']
      : [`token           written to ${file}`];
  return [
    ...lines,
    `ca fingerprint  ${made.caFingerprint}`,
    `valid           ${validity(made)}, ${made.usesLeft} ${made.usesLeft === 1 ? 'use' : 'uses'}`,
    '',
    'on the machine of the agent:',
    `  fairlead agent --server ${made.enrolUrl} --ca-fingerprint ${made.caFingerprint} --token-file ${file ?? 'FILE'}`,
    '',
  ].join('\n');
}

/**
 * Makes the file before the server is asked, so that a token is never made and lost; never over a file that is there: it may hold
 * somebody else's secret. When the server refuses, the file is taken away again.
 */
async function intoFile<T>(path: string | undefined, ask: () => Promise<T>, text: (answer: T) => string): Promise<T> {
  if (path === undefined) return ask();
  const { open, rm } = await import('node:fs/promises');
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, 'wx', 0o600);
  } catch (cause) {
    throw usage(
      `${path} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`,
      'name a file that is not there yet',
    );
  }
  let done = false;
  try {
    const answer = await ask();
    await file.writeFile(text(answer));
    done = true;
    return answer;
  } finally {
    await file.close();
    if (!done) await rm(path, { force: true });
  }
}

async function create(_rest: readonly string[], args: Arguments, io: Io): Promise<number> {
  const uses = wholeNumber(args, 'uses', 10);
  const body = {
    ...(uses === undefined ? {} : { uses }),
    ttl: args.value('ttl'),
    labels: labelsOf(args.values('label')),
    ephemeral: args.has('ephemeral'),
    approval: args.has('manual') ? 'manual' : 'automatic',
    note: args.value('note'),
  };
  const file = args.value('out');
  // The shape that routes/enrolment.ts defines.
  const ask = async () => (await apiFor(args, io).call('POST', '/v1/tokens', body)) as MadeToken;
  const made = await intoFile(file, ask, ({ token }) => `${token}\n`);
  return show(file === undefined ? made : { ...made, token: undefined }, args, io, () => madeText(made, file));
}

const actions: Actions = {
  list: {
    takes: [],
    async run(_rest, args, io) {
      // The shape that routes/enrolment.ts defines.
      const answer = (await apiFor(args, io).call('GET', '/v1/tokens')) as { readonly tokens: readonly Token[] };
      return show(answer.tokens, args, io, (tokens) => tokensText(tokens, io));
    },
  },
  create: { takes: [], options: ['uses', 'ttl', 'label', 'ephemeral', 'manual', 'note', 'out'], run: create },
  revoke: {
    takes: ['ID'],
    async run([id = ''], args, io) {
      await apiFor(args, io).call('DELETE', `/v1/tokens/${encodeURIComponent(id)}`);
      return show({ revoked: id }, args, io, () => `token ${id} is revoked\n`);
    },
  },
  pending: {
    takes: [],
    async run(_rest, args, io) {
      // The shape that routes/enrolment.ts defines.
      const { pending } = (await apiFor(args, io).call('GET', '/v1/enrolments')) as { readonly pending: readonly Pending[] };
      return show(pending, args, io, (all) => pendingText(all, io));
    },
  },
  approve: {
    takes: ['ID'],
    async run([id = ''], args, io) {
      await apiFor(args, io).call('POST', `/v1/enrolments/${encodeURIComponent(id)}/decision`, { approve: true });
      return show({ approved: id }, args, io, () => `${id} may join\n`);
    },
  },
  deny: {
    takes: ['ID'],
    options: ['reason'],
    async run([id = ''], args, io) {
      await apiFor(args, io).call('POST', `/v1/enrolments/${encodeURIComponent(id)}/decision`, {
        approve: false,
        reason: args.value('reason'),
      });
      return show({ denied: id }, args, io, () => `${id} is denied\n`);
    },
  },
  'api-list': {
    takes: [],
    async run(_rest, args, io) {
      // The shape that routes/access.ts defines.
      const { tokens } = (await apiFor(args, io).call('GET', '/v1/api-tokens')) as { readonly tokens: readonly ApiTokenView[] };
      return show(tokens, args, io, (all) =>
        table<ApiTokenView>(
          [
            { title: 'id', value: (one) => one.id },
            { title: 'name', value: (one) => one.name },
            { title: 'role', value: (one) => one.role },
            { title: 'by', value: (one) => one.createdBy },
            { title: 'expires', value: (one) => one.expires ?? 'never' },
          ],
          all,
          io,
        ),
      );
    },
  },
  'api-create': {
    takes: ['NAME'],
    options: ['role', 'ttl', 'out'],
    async run([name = ''], args, io) {
      const file = args.value('out');
      if (file === undefined)
        throw usage('tokens api-create needs --out FILE', 'the context with the token is written there; it is never printed');
      const context = readContext(args, io.env);
      const { file: _, ...shared } = context;
      // The shape that routes/access.ts defines.
      const ask = async () =>
        (await apiFor(args, io).call('POST', '/v1/api-tokens', {
          name,
          role: args.value('role') ?? 'reader',
          ttl: args.value('ttl'),
        })) as ApiTokenView & {
          readonly token: string;
        };
      const made = await intoFile(file, ask, ({ token }) => `${JSON.stringify({ ...shared, token }, undefined, 2)}\n`);
      return show({ ...made, token: undefined, context: file }, args, io, () => `context for ${name} (${made.role}) written to ${file}\n`);
    },
  },
  'api-remove': {
    takes: ['ID'],
    async run([id = ''], args, io) {
      await apiFor(args, io).call('DELETE', `/v1/api-tokens/${encodeURIComponent(id)}`);
      return show({ removed: id }, args, io, () => `API token ${id} is taken back\n`);
    },
  },
  authority: {
    takes: [],
    async run(_rest, args, io) {
      // The shape that routes/enrolment.ts defines.
      const answer = (await apiFor(args, io).call('GET', '/v1/ca')) as {
        readonly roots: readonly Root[];
        readonly due?: string;
        readonly retireAt?: string;
      };
      return show(answer, args, io, ({ roots, due, retireAt }) =>
        [
          table<Root>(
            [
              { title: 'state', value: (one) => one.state },
              { title: 'since', value: (one) => one.since },
              { title: 'until', value: (one) => one.notAfter },
              { title: 'fingerprint', value: (one) => one.fingerprint },
            ],
            roots,
            io,
          ),
          due === undefined ? '' : `next by itself: ${due}\n`,
          retireAt === undefined ? '' : `the former one can be retired from ${retireAt} on\n`,
        ].join(''),
      );
    },
  },
  rotate: {
    takes: ['STEP'],
    options: ['force'],
    async run([step = ''], args, io) {
      await apiFor(args, io).call('POST', '/v1/ca/rotation', { step, force: args.has('force') });
      return show({ rotated: step }, args, io, () => `${step}: done; fairlead tokens authority shows where the rotation stands\n`);
    },
  },
  audit: {
    takes: [],
    options: ['since'],
    async run(_rest, args, io) {
      const backMs = parseDuration(args.value('since') ?? '7d');
      if (backMs === undefined) throw usage(`--since: "${args.value('since')}" is no time`, 'write 30m, 24h or 7d');
      const query = queryOf({ since: new Date(Math.max(0, Date.now() - backMs)).toISOString() });
      const { entries } = await allPages<AuditEntry>(apiFor(args, io), `/v1/audit${query}`, 'entries');
      return show(entries, args, io, (all) => auditText(all, io));
    },
  },
};

function auditText(all: readonly AuditEntry[], io: Io): string {
  if (all.length === 0) return 'nothing was changed in this time; --since 30d looks further back\n';
  return table<AuditEntry>(
    [
      { title: 'at', value: (one) => shortTime(one.at) },
      { title: 'who', value: (one) => one.actor, flexible: true },
      { title: 'role', value: (one) => one.role },
      { title: 'did', value: (one) => one.action },
      { title: 'outcome', value: (one) => one.outcome, colour: (one) => (one.outcome === 'done' ? undefined : '33') },
      { title: 'from', value: (one) => one.remote },
      { title: 'to', value: (one) => one.target || '–' },
    ],
    all,
    io,
  );
}

interface Pending {
  readonly id: string;
  readonly name: string;
  readonly remote: string;
  readonly tokenId: string;
  readonly keyFingerprint: string;
  readonly requested: string;
}

interface ApiTokenView {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly createdBy: string;
  readonly expires?: string;
}

interface Root {
  readonly fingerprint: string;
  readonly state: string;
  readonly since: string;
  readonly notAfter: string;
}

interface AuditEntry {
  readonly at: string;
  readonly actor: string;
  readonly role: string;
  readonly remote: string;
  readonly action: string;
  readonly target: string;
  readonly outcome: string;
}

function pendingText(all: readonly Pending[], io: Io): string {
  if (all.length === 0) return 'nobody waits\n';
  return table<Pending>(
    [
      { title: 'id', value: (one) => one.id },
      { title: 'name', value: (one) => one.name },
      { title: 'from', value: (one) => one.remote },
      { title: 'waits', value: (one) => ago(one.requested, Date.now()), right: true },
      { title: 'token', value: (one) => one.tokenId },
      { title: 'key', value: (one) => one.keyFingerprint },
    ],
    all,
    io,
  );
}

export const tokens: Command = { page, run: (args, io) => runAction(page, actions, args, io) };
