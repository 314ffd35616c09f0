/** Generated pages and pages with real outputs: path from the root of the repository → text. Made from code only, so that the same code gives the same bytes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentSettings, remoteSections } from '../../src/agent/settings/index.ts';
import { version } from '../../src/cli/version.ts';
import { sinkSettings } from '../../src/pipeline/sinks/settings.ts';
import { sourceSettings } from '../../src/pipeline/sources/settings.ts';
import { transformSettings } from '../../src/pipeline/transforms/index.ts';
import { openApi } from '../../src/server/api/openapi.ts';
import { describedRoutes } from '../../src/server/api/routes/index.ts';
import { serverSettings } from '../../src/server/settings.ts';
import { cliPage } from './cli.ts';
import { runCommand, withOutputs } from './console.ts';
import { componentSettingsPage, definedSettingsPage, settingsSchema } from './defined-settings.ts';
import { errorsPage } from './errors.ts';
import { eventsPage } from './events.ts';
import { metricsPage } from './metrics.ts';
import { profilesPage } from './profiles.ts';
import { rulesPage } from './rules.ts';
import { settingsPage } from './settings.ts';

export interface Page {
  readonly path: string;
  readonly text: string;
}

/** Written by hand; the outputs that they show are real. */
export const consolePages = ['README.md', 'docs/getting-started.md'] as const;

const root = join(import.meta.dirname, '../..');

export async function generatedPages(): Promise<readonly Page[]> {
  return [
    {
      path: 'docs/reference/agent-settings.md',
      text: definedSettingsPage(agentSettings, {
        from: 'src/agent/settings/',
        title: 'Settings of the agent',
        intro: `\`fairlead agent --config FILE\` reads YAML or JSON. Unknown keys are errors, and nothing is opened until the whole file is valid (\`--check\` does no more than that). A configuration from the server may hold ${remoteSections.map((name) => `\`${name}\``).join(', ')}, and nothing else.`,
      }),
    },
    {
      path: 'docs/reference/pipeline-settings.md',
      text: componentSettingsPage(
        [
          { title: 'Sources', kind: 'source', schema: sourceSettings },
          { title: 'Transforms', kind: 'transform', schema: transformSettings },
          { title: 'Sinks', kind: 'sink', schema: sinkSettings },
        ],
        {
          from: 'src/pipeline/',
          title: 'Settings of the pipeline',
          intro:
            "What `pipeline.sources`, `pipeline.transforms` and `pipeline.sinks` of [the agent's settings](agent-settings.md) may hold. Each has a name, and a `type` that decides what else may be set.",
        },
      ),
    },
    { path: 'docs/schemas/agent-settings.schema.json', text: settingsSchema(agentSettings, 'fairlead agent --config') },
    { path: 'docs/reference/cli.md', text: await cliPage() },
    { path: 'docs/reference/errors.md', text: errorsPage() },
    { path: 'docs/reference/events.md', text: eventsPage() },
    { path: 'docs/reference/metrics.md', text: metricsPage() },
    { path: 'docs/reference/openapi.json', text: `${JSON.stringify(openApi(describedRoutes(version()), version()), undefined, 2)}\n` },
    { path: 'docs/reference/profiles.md', text: profilesPage() },
    { path: 'docs/reference/rules.md', text: rulesPage() },
    {
      path: 'docs/reference/server-settings.md',
      text: definedSettingsPage(serverSettings, {
        from: 'src/server/settings.ts',
        title: 'Settings of the server',
        intro:
          '`fairlead server --config FILE` reads YAML or JSON. Everything has a default; unknown keys are errors, and nothing is opened until the whole file is valid (`--check` does no more than that).',
      }),
    },
    { path: 'docs/schemas/server-settings.schema.json', text: settingsSchema(serverSettings, 'fairlead server --config') },
    { path: 'docs/reference/settings.md', text: settingsPage() },
    ...consolePages.map((path) => ({ path, text: withOutputs(readFileSync(join(root, path), 'utf8'), runCommand) })),
  ];
}

/** Sentences about pages that are not what the code says; empty when all are current. */
export function stalePages(pages: readonly Page[], read: (path: string) => string | undefined): readonly string[] {
  return pages.flatMap(({ path, text }) => {
    const found = read(path);
    if (found === text) return [];
    if (found === undefined) return [`${path} is missing: npm run docs writes it`];
    const lines = found.split('\n');
    const at = text.split('\n').findIndex((line, index) => line !== lines[index]);
    return [`${path}:${(at === -1 ? lines.length : at) + 1} is not what the code says: npm run docs writes it anew`];
  });
}
