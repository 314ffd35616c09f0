/** Settings of the source `otlp`. */
import * as z from 'zod';
import { listenAddress } from '../../../config/fields.ts';
import { ofType } from '../../../config/lazily.ts';
import {
  maxBodyField,
  maxConnectionsField,
  maxPendingField,
  requestTimeoutField,
  streamFields,
  tlsSettings,
  tokenFileField,
} from '../../listening/settings.ts';

export const otlpSettings = ofType('otlp', () =>
  z
    .strictObject({
      type: z.literal('otlp').describe('Logs and metrics by the OpenTelemetry protocol.'),
      http: listenAddress()
        .optional()
        .describe('Where to listen for OTLP over HTTP: /v1/logs and /v1/metrics, protobuf or JSON. The usual port is 4318.')
        .meta({ examples: ['127.0.0.1:4318', ':4318'] }),
      grpc: listenAddress()
        .optional()
        .describe('Where to listen for OTLP over gRPC. The usual port is 4317.')
        .meta({ examples: ['127.0.0.1:4317', ':4317'] }),
      tls: tlsSettings(),
      tokenFile: tokenFileField(),
      maxBody: maxBodyField('8MiB'),
      maxPending: maxPendingField('64MiB'),
      maxConnections: maxConnectionsField(512),
      requestTimeout: requestTimeoutField(),
      ...streamFields(),
    })
    .superRefine((settings, context) => {
      if (settings.http !== undefined || settings.grpc !== undefined) return;
      context.addIssue({ code: 'custom', path: [], message: 'one of http and grpc is needed: where to listen' });
    })
    .describe('Takes logs and metrics by OTLP over HTTP and gRPC.'),
);

export type OtlpSettings = z.output<typeof otlpSettings>;
