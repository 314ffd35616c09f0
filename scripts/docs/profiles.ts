import type { Group, Row } from '../../lab/truth-table/types.ts';
import { truthTable } from '../../lab/truth-table.ts';
import { parseEngineVersion, profileFields } from '../../src/doctor/profile.ts';
import { engineVersions } from '../../src/network/environment.ts';
import { code, generatedFrom, page, table } from './markdown.ts';

export function profilesPage(): string {
  const versions = measuredVersions();
  return page(
    generatedFrom('src/doctor/profile.ts and lab/truth-table/'),
    '# Environment profiles',
    'Facts of the engine and the host decide how packets travel. State them as flags or in [the settings file](settings.md#environment); what is not stated is unknown or a default of the engine, and a verdict that depends on it says so.',
    table(
      ['flag', 'meaning', 'example'],
      profileFields.map((field) => [code(`--${field.flag} ${field.placeholder}`), field.description, code(field.example)]),
    ),
    '## Versions of the engine',
    `Generations whose networking differs: ${engineVersions.map(code).join(', ')}. Any version is taken as one of them:`,
    table(
      ['stated', 'taken as'],
      ['20.10.24', '23.0', '24.0', '25.0', '26.1', '27.5', '28.5.2', '29.0', '30.0'].map((text) => [code(text), generation(text)]),
    ),
    '## What differs between versions, as measured',
    `Of ${truthTable.reduce((sum, group) => sum + group.rows.length, 0)} questions that were asked on real engines (${versions.join(', ')}), these have different answers. All others are answered alike.`,
    table(['question', ...versions.map((version) => `Docker ${version}`), 'remark'], differing(versions)),
    `${code('npm run lab -- truth-table')} asks all of them again on engines of your machine and holds the model against the answers.`,
  );
}

function generation(text: string): string {
  const parsed = parseEngineVersion(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.value;
}

/** Groups in which the host was changed behind Docker's back are no profile, and those without docker-proxy repeat the others. */
const groups = (): readonly Group[] => truthTable.filter((group) => group.tamper === undefined && group.engine === 'default');

const perVersion = (row: Row): Readonly<Record<string, string>> => (typeof row.expected === 'string' ? {} : row.expected);

function measuredVersions(): readonly string[] {
  const found = new Set(groups().flatMap((group) => group.rows.flatMap((row) => Object.keys(perVersion(row)))));
  return [...found].sort((a, b) => Number.parseFloat(a) - Number.parseFloat(b));
}

function differing(versions: readonly string[]): readonly (readonly string[])[] {
  return groups()
    .flatMap((group) => group.rows)
    .filter((row) => new Set(Object.values(perVersion(row))).size > 1)
    .map((row) => [row.id.replaceAll('-', ' '), ...versions.map((version) => perVersion(row)[version] ?? 'not asked'), row.note ?? '']);
}
