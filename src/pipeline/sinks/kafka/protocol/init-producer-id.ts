/** InitProducerId: the name under which brokers recognise what this producer sends again (KIP-98). */
import { initProducerIdApi, isFlexible } from './apis.ts';
import { WireReader } from './reader.ts';
import { WireWriter } from './writer.ts';

export interface ProducerId {
  readonly id: bigint;
  readonly epoch: number;
}

export function initProducerIdRequest(version: number): Buffer {
  const writer = new WireWriter(isFlexible(initProducerIdApi, version)).string(undefined).int32(60_000);
  if (version >= 3) writer.int64(-1n).int16(-1);
  return writer.tags().finish();
}

export interface InitProducerIdResponse extends ProducerId {
  readonly throttleMs: number;
  readonly error: number;
}

export function readInitProducerId(body: Buffer, version: number): InitProducerIdResponse | undefined {
  const reader = new WireReader(body, isFlexible(initProducerIdApi, version));
  reader.tags();
  const response = { throttleMs: reader.int32(), error: reader.int16(), id: reader.int64(), epoch: reader.int16() };
  return reader.ok ? response : undefined;
}
