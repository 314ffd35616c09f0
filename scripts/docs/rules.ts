import type { Rule } from '../../src/doctor/rule.ts';
import { rules } from '../../src/doctor/rules/index.ts';
import { code, generatedFrom, page, table } from './markdown.ts';

/** Where a rule's own page is, seen from the root of the repository. */
export const rulePage = (rule: Pick<Rule, 'name'>): string => `src/doctor/rules/${rule.name}/doc.md`;

export function rulesPage(): string {
  const off = rules.filter((rule) => !rule.onByDefault);
  return page(
    generatedFrom('src/doctor/rules/index.ts'),
    '# Rules',
    `${rules.length} rules. Each page says what is reported and why it matters, shows an example that fails and one that passes, how to fix it, and what it cannot see; the examples are run as tests. ${code('fairlead explain R01')} prints the same page.`,
    table(
      ['id', 'rule', 'reports', 'severity', 'on by default'],
      rules.map((rule) => [rule.id, `[${rule.name}](../../${rulePage(rule)})`, rule.title, rule.severity, rule.onByDefault ? 'yes' : 'no']),
    ),
    off.length === 0 ? '' : `Turn on what is off with ${code(`--rule ${off[0]?.id}`)} or in [the settings file](settings.md#rules).`,
    '## Severities',
    table(
      ['severity', 'meaning', 'exit code'],
      [
        ['error', 'the connection cannot work in any world that fits what is known', '1'],
        ['warning', 'it works or not depending on something that is not known, or will break soon', '1'],
        ['info', 'worth knowing; true of many files that work', '0'],
      ],
    ),
    '## Suppressing a finding',
    'In the file, on the line or the line above, with a reason:',
    '```yaml\n# fairlead-ignore R08: only reached through the tunnel on this host\n```',
    `For a whole file: ${code('# fairlead-ignore-file R33: sizes are set by the platform')}. For many files: [suppress](settings.md#suppress). A suppression without a reason is an error, one that no longer suppresses anything is a warning.`,
  );
}
