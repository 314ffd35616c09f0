import { profileFields } from '../../src/doctor/profile.ts';
import { SETTINGS_FILE, settingFields } from '../../src/doctor/settings.ts';
import { code, fenced, generatedFrom, page, table } from './markdown.ts';

export function settingsPage(): string {
  return page(
    generatedFrom('src/doctor/settings.ts'),
    '# Settings',
    `Fairlead reads ${code(SETTINGS_FILE)} in the working directory, or the file that ${code('--config')} names. Unknown keys are errors: nothing is checked until the whole file is valid.`,
    ...settingFields.map((field) =>
      page(
        `## ${field.key}`,
        field.description,
        `Type: ${field.type}. Default: ${field.default}.`,
        fenced('yaml', field.example),
      ).trimEnd(),
    ),
    '## Keys of environment',
    'The same facts can be stated as flags, which win over the file.',
    table(
      ['key', 'flag', 'meaning', 'example'],
      profileFields.map((field) => [code(field.key), code(`--${field.flag} ${field.placeholder}`), field.description, code(field.example)]),
    ),
  );
}

/** Every example of the page in one file: a test reads it with the real reader. */
export const settingsExample = (): string => `${settingFields.map((field) => field.example).join('\n')}\n`;
