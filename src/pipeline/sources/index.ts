/** All sources. What one needs is loaded when it is used. */
import type { Source, SourceContext } from '../source.ts';
import type { SourceSettings } from './settings.ts';

type SettingsOf<Type extends SourceSettings['type']> = Extract<SourceSettings, { readonly type: Type }>;
type Create<Settings> = (settings: Settings, context: SourceContext) => Promise<Source>;

const kinds: { readonly [Type in SourceSettings['type']]: Create<SettingsOf<Type>> } = {
  'container-logs': async (settings, context) =>
    (await import('./container-logs/container-logs.ts')).createContainerLogs(settings, context),
  'docker-logs': async (settings, context) => (await import('./docker-logs/docker-logs.ts')).createDockerLogs(settings, context),
  file: async (settings, context) => (await import('./file/file.ts')).createFile(settings, context),
  forward: async (settings, context) => (await import('./forward/forward.ts')).createForward(settings, context),
  'host-metrics': async (settings, context) => (await import('./host-metrics/host-metrics.ts')).createHostMetrics(settings, context),
  http: async (settings, context) => (await import('./http/http.ts')).createHttp(settings, context),
  journald: async (settings, context) => (await import('./journald/journald.ts')).createJournald(settings, context),
  otlp: async (settings, context) => (await import('./otlp/otlp.ts')).createOtlp(settings, context),
  'prometheus-scrape': async (settings, context) =>
    (await import('./prometheus-scrape/prometheus-scrape.ts')).createPrometheusScrape(settings, context),
  stdin: async (settings, context) => (await import('./stdin/stdin.ts')).createStdin(settings, context),
  syslog: async (settings, context) => (await import('./syslog/syslog.ts')).createSyslog(settings, context),
};

export function createSource(settings: SourceSettings, context: SourceContext): Promise<Source> {
  // The entry of a type takes the settings of that type.
  const create = kinds[settings.type] as Create<SourceSettings>;
  return create(settings, context);
}
