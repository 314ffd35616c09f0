/** The settings of all sources. */
import * as z from 'zod';
import { containerLogsSettings } from './container-logs/settings.ts';
import { dockerLogsSettings } from './docker-logs/settings.ts';
import { fileSettings } from './file/settings.ts';
import { forwardSettings } from './forward/settings.ts';
import { hostMetricsSettings } from './host-metrics/settings.ts';
import { httpSettings } from './http/settings.ts';
import { journaldSettings } from './journald/settings.ts';
import { otlpSettings } from './otlp/settings.ts';
import { prometheusScrapeSettings } from './prometheus-scrape/settings.ts';
import { stdinSettings } from './stdin/settings.ts';
import { syslogSettings } from './syslog/settings.ts';

export const sourceSettings = z
  .discriminatedUnion('type', [
    containerLogsSettings,
    dockerLogsSettings,
    fileSettings,
    forwardSettings,
    hostMetricsSettings,
    httpSettings,
    journaldSettings,
    otlpSettings,
    prometheusScrapeSettings,
    stdinSettings,
    syslogSettings,
  ])
  .describe('A source.');

export type SourceSettings = z.output<typeof sourceSettings>;
