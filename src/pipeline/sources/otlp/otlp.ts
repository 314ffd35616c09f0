/** The source `otlp`. */
import type { AddressInfo } from 'node:net';
import type { Source, SourceContext } from '../../source.ts';
import { openIntake } from './intake.ts';
import { openOtlpHttp } from './over-http.ts';
import type { OtlpSettings } from './settings.ts';

export interface OtlpSource extends Source {
  readonly addresses: { readonly http?: AddressInfo; readonly grpc?: AddressInfo };
}

export async function createOtlp(settings: OtlpSettings, context: SourceContext): Promise<OtlpSource> {
  const intake = openIntake(settings, context);
  const http = settings.http === undefined ? undefined : await openOtlpHttp(settings.http, settings, context, intake);
  try {
    // gRPC brings a library of its own: only for those who ask for it.
    const grpc =
      settings.grpc === undefined
        ? undefined
        : await (await import('./over-grpc.ts')).openOtlpGrpc(settings.grpc, settings, context, intake);
    return {
      addresses: { ...(http === undefined ? {} : { http: http.address }), ...(grpc === undefined ? {} : { grpc: grpc.address }) },
      problem: () => http?.refusals.reason ?? intake.busy(),
      async close() {
        await Promise.all([http?.close(), grpc?.close()]);
      },
    };
  } catch (error) {
    await http?.close();
    throw error;
  }
}
