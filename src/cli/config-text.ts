/** Configurations as people read them. The shapes are those of the API's answers. */
import type { Io } from './io.ts';
import { ago, coloured, printable, printableLines, shortTime, table } from './table.ts';

export interface Configuration {
  readonly name: string;
  readonly kind: string;
  readonly latest: number;
  readonly released: number;
  readonly rollout?: string;
  readonly updated: string;
  readonly updatedBy: string;
}

export interface Version {
  readonly name: string;
  readonly version: number;
  readonly hash: string;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  readonly created: string;
  readonly createdBy: string;
  readonly note: string;
  readonly released: boolean;
  readonly quarantined: boolean;
}

export interface VersionContent extends Omit<Version, 'files' | 'released' | 'quarantined'> {
  readonly files: readonly { readonly name: string; readonly contentType: string; readonly body: string }[];
}

export interface Assignment {
  readonly name: string;
  readonly selector: string;
  readonly priority: number;
  readonly configuration: string;
  readonly version: number | 'latest';
  readonly updatedBy: string;
}

export interface Explanation {
  readonly uid: string;
  readonly name: string;
  readonly matches: readonly { readonly assignment: Assignment; readonly wins: boolean; readonly why: string }[];
  readonly desired?: { readonly name: string; readonly version: number; readonly hash: string };
  readonly because: string;
  readonly rollout?: { readonly id: string; readonly stage: number; readonly member: boolean };
  readonly reported: { readonly hash: string; readonly status: string; readonly error: string };
  readonly quarantined: readonly Quarantined[];
}

export interface Quarantined {
  readonly hash: string;
  readonly agent?: string;
  readonly configuration: string;
  readonly version: number;
  readonly reason: string;
  readonly since: string;
}

export function listText(all: readonly Configuration[], io: Io): string {
  if (all.length === 0) return 'no configurations; fairlead config put NAME FILE stores the first version of one\n';
  const now = Date.now();
  return table(
    [
      { title: 'name', value: (one) => one.name },
      { title: 'kind', value: (one) => one.kind },
      { title: 'latest', value: (one) => String(one.latest), right: true },
      { title: 'released', value: (one) => String(one.released), right: true },
      { title: 'rollout', value: (one) => one.rollout ?? '–' },
      { title: 'changed', value: (one) => ago(one.updated, now), right: true },
      { title: 'by', value: (one) => one.updatedBy },
    ],
    all,
    io,
  );
}

export function versionsText(versions: readonly Version[], io: Io): string {
  return table(
    [
      { title: 'version', value: (one) => String(one.version), right: true },
      {
        title: 'state',
        value: (one) => (one.quarantined ? 'quarantined' : one.released ? 'released' : '–'),
        colour: (one) => (one.quarantined ? '31' : one.released ? '32' : undefined),
      },
      { title: 'stored', value: (one) => shortTime(one.created) },
      { title: 'by', value: (one) => one.createdBy, flexible: true },
      { title: 'bytes', value: (one) => String(one.files.reduce((sum, { bytes }) => sum + bytes, 0)), right: true },
      { title: 'hash', value: (one) => one.hash.slice(0, 12) },
      { title: 'note', value: (one) => one.note },
    ],
    versions,
    io,
  );
}

/** Comments around the content, so that what is printed can be saved and put again. */
export function contentText({ name, version, hash, created, createdBy, note, files }: VersionContent): string {
  const head = `# ${printable(name)}@${version}, stored ${shortTime(created)} by ${printable(createdBy)}${note === '' ? '' : `: ${printable(note)}`}\n# hash ${hash}\n`;
  const bodies = files.map((file) => {
    const title =
      files.length > 1 || file.name !== '' ? `# file ${printable(file.name) || '(no name)'} (${printable(file.contentType)})\n` : '';
    return `${title}${printableLines(file.body.trimEnd())}\n`;
  });
  return `${head}${bodies.join('\n')}`;
}

export function putText(answer: unknown): string {
  // The shape that routes/configurations.ts defines.
  const { version, created } = answer as { readonly version: Version; readonly created: boolean };
  const named = `${printable(version.name)}@${version.version}`;
  if (!created) return `${named} has this content already; nothing was stored\n`;
  if (version.released) return `${named} is stored and released: agents that are assigned to its latest version get it\n`;
  return `${named} is stored and held back: fairlead rollout start ${version.name} --to ${version.version} brings it out in stages, fairlead config release ${named} at once\n`;
}

export function releaseText(answer: unknown): string {
  // The shape that routes/configurations.ts defines.
  const { name, released } = answer as Configuration;
  return `${printable(name)}@${released} is released: agents that are assigned to the latest version get it\n`;
}

export function assignText(answer: unknown): string {
  // The shape that routes/assignments.ts defines.
  const { name, selector, priority, configuration, version } = answer as Assignment;
  const whom = selector === '' ? 'every agent' : `agents with ${printable(selector)}`;
  return `assignment ${printable(name)}: ${whom} run ${printable(configuration)}@${version} (priority ${priority})\n`;
}

export function assignmentsText(all: readonly Assignment[], io: Io): string {
  if (all.length === 0) return 'no assignments; fairlead config assign NAME --selector SELECTOR makes one\n';
  return table(
    [
      { title: 'name', value: (one) => one.name },
      { title: 'priority', value: (one) => String(one.priority), right: true },
      { title: 'configuration', value: (one) => `${one.configuration}@${one.version}` },
      { title: 'selector', value: (one) => one.selector || '(every agent)', flexible: true },
      { title: 'by', value: (one) => one.updatedBy },
    ],
    all,
    io,
  );
}

export function explainText(explained: Explanation, io: Io): string {
  const { name, desired, because, rollout, reported, matches, quarantined } = explained;
  const line = (title: string, value: string) => `  ${title.padEnd(9)} ${printable(value)}\n`;
  const runs = desired === undefined ? 'keeps what it has' : `should run ${desired.name}@${desired.version}`;
  const same = desired !== undefined && desired.hash === reported.hash;
  const has =
    reported.hash === ''
      ? 'no configuration of a server'
      : same
        ? `the same, ${reported.status}`
        : `${reported.hash.slice(0, 12)}…, ${reported.status}`;
  return [
    `${printable(name)} ${printable(runs)}\n`,
    line('because', because),
    ...(rollout === undefined
      ? []
      : [line('rollout', `${rollout.id}, ${rollout.member ? `in since stage ${rollout.stage + 1}` : 'not in yet'}`)]),
    line('it says', `${has}${reported.error === '' ? '' : `: ${reported.error}`}`),
    ...quarantined.map((one) => line('not again', `${one.configuration}@${one.version} (${one.hash.slice(0, 12)}): ${one.reason}`)),
    matches.length === 0
      ? '\nno assignment matches its labels\n'
      : `\n${table(
          [
            { title: 'assignment', value: (one) => one.assignment.name },
            { title: 'configuration', value: ({ assignment }) => `${assignment.configuration}@${assignment.version}`, flexible: true },
            { title: 'priority', value: (one) => String(one.assignment.priority), right: true },
            { title: 'selector', value: (one) => one.assignment.selector || '(every agent)', flexible: true },
            { title: 'result', value: (one) => (one.wins ? 'wins' : 'loses'), colour: (one) => (one.wins ? '32' : undefined) },
            { title: 'why', value: (one) => one.why },
          ],
          matches,
          io,
        )}`,
  ].join('');
}

export function quarantineText(all: readonly Quarantined[], io: Io): string {
  if (all.length === 0) return 'nothing is in quarantine\n';
  const now = Date.now();
  const rows = table(
    [
      { title: 'configuration', value: (one) => `${one.configuration}@${one.version}`, flexible: true },
      { title: 'for', value: (one) => one.agent ?? 'every agent', flexible: true },
      { title: 'since', value: (one) => ago(one.since, now), right: true },
      { title: 'reason', value: (one) => one.reason },
    ],
    all,
    io,
  );
  const hashes = [...new Set(all.map(({ hash }) => hash))].map((hash) => `fairlead config quarantine clear ${hash}\n`);
  return `${rows}\n${coloured('to give one out again:', '2', io)}\n${hashes.map((line) => `  ${line}`).join('')}`;
}
