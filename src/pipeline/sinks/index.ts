/** All sinks. What one needs is loaded when it is used. */
import type { Sink, SinkContext } from '../sink.ts';
import type { SinkSettings } from './settings.ts';

type SettingsOf<Type extends SinkSettings['type']> = Extract<SinkSettings, { readonly type: Type }>;

interface SinkKind<Settings> {
  /** What is not taken does not come to the sink. */
  readonly takes: 'logs' | 'metrics' | 'both';
  create(settings: Settings, context: SinkContext): Promise<Sink>;
}

const kinds: { readonly [Type in SinkSettings['type']]: SinkKind<SettingsOf<Type>> } = {
  elasticsearch: {
    takes: 'both',
    create: async (settings, context) => (await import('./elasticsearch/elasticsearch.ts')).createElasticsearch(settings, context),
  },
  file: { takes: 'both', create: async (settings, context) => (await import('./file/file.ts')).createFile(settings, context) },
  forward: { takes: 'both', create: async (settings, context) => (await import('./forward/forward.ts')).createForward(settings, context) },
  http: { takes: 'both', create: async (settings, context) => (await import('./http/http.ts')).createHttp(settings, context) },
  kafka: { takes: 'both', create: async (settings, context) => (await import('./kafka/kafka.ts')).createKafka(settings, context) },
  loki: { takes: 'both', create: async (settings, context) => (await import('./loki/loki.ts')).createLoki(settings, context) },
  otlp: { takes: 'both', create: async (settings, context) => (await import('./otlp/otlp.ts')).createOtlp(settings, context) },
  'prometheus-remote-write': {
    takes: 'metrics',
    create: async (settings, context) =>
      (await import('./prometheus-remote-write/prometheus-remote-write.ts')).createPrometheusRemoteWrite(settings, context),
  },
  stdout: { takes: 'both', create: async (settings, context) => (await import('./stdout/stdout.ts')).createStdout(settings, context) },
};

export function createSink(settings: SinkSettings, context: SinkContext): Promise<Sink> {
  // The entry of a type takes the settings of that type.
  const kind = kinds[settings.type] as SinkKind<SinkSettings>;
  return kind.create(settings, context);
}

export const takenBy = (settings: SinkSettings): 'logs' | 'metrics' | 'both' => kinds[settings.type].takes;
