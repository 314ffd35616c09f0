/** The settings of all sinks, each with its spool. */
import * as z from 'zod';
import { ofType } from '../../config/lazily.ts';
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

const spool = () => ({ spool: spoolSettings.prefault({}) });

export const sinkSettings = z
  .discriminatedUnion('type', [
    ofType('elasticsearch', () => elasticsearchSettings.unwrap().safeExtend(spool())),
    ofType('file', () => fileSettings.unwrap().safeExtend(spool())),
    ofType('forward', () => forwardSettings.unwrap().safeExtend(spool())),
    ofType('http', () => httpSettings.unwrap().safeExtend(spool())),
    ofType('kafka', () => kafkaSettings.unwrap().safeExtend(spool())),
    ofType('loki', () => lokiSettings.unwrap().safeExtend(spool())),
    ofType('otlp', () => otlpSettings.unwrap().safeExtend(spool())),
    ofType('prometheus-remote-write', () => prometheusRemoteWriteSettings.unwrap().safeExtend(spool())),
    ofType('stdout', () => stdoutSettings.unwrap().safeExtend(spool())),
  ])
  .describe('A sink.');

export type SinkSettings = z.output<typeof sinkSettings>;
