/** The settings of all sinks, each with its spool. */
import * as z from 'zod';
import { spoolSettings } from '../spool/settings.ts';
import { elasticsearchSettings } from './elasticsearch/settings.ts';
import { fileSettings } from './file/settings.ts';
import { forwardSettings } from './forward/settings.ts';
import { httpSettings } from './http/settings.ts';
import { kafkaSettings } from './kafka/settings.ts';
import { lokiSettings } from './loki/settings.ts';
import { otlpSettings } from './otlp/settings.ts';
import { prometheusRemoteWriteSettings } from './prometheus-remote-write/settings.ts';
import { stdoutSettings } from './stdout/settings.ts';

const spool = { spool: spoolSettings.prefault({}) };

export const sinkSettings = z
  .discriminatedUnion('type', [
    elasticsearchSettings.safeExtend(spool),
    fileSettings.safeExtend(spool),
    forwardSettings.safeExtend(spool),
    httpSettings.safeExtend(spool),
    kafkaSettings.safeExtend(spool),
    lokiSettings.safeExtend(spool),
    otlpSettings.safeExtend(spool),
    prometheusRemoteWriteSettings.safeExtend(spool),
    stdoutSettings.safeExtend(spool),
  ])
  .describe('A sink.');

export type SinkSettings = z.output<typeof sinkSettings>;
